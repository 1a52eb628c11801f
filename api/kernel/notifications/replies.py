"""STOP and START: who may be sent text messages. It belongs to the number, whoever has it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.notifications.rules import Word, is_answered, word_of
from api.kernel.notifications.tables import Log

DECIDING = ("stop", "start", "refused")


async def keep(
    session: AsyncSession, log: Log, reference: str, phone: str, word: str, now: datetime
) -> bool:
    """Write down what a number said, or the provider for it; False for a repetition."""
    statement = (
        insert(log.reply)
        .values(reference=reference, phone=phone, word=word, at=now)
        .on_conflict_do_nothing()
        .returning(log.reply.id)
    )
    return await session.scalar(statement) is not None


async def stopped_since(session: AsyncSession, log: Log, phone: str) -> datetime | None:
    """Since when this number wants no text messages; None when it may be sent some."""
    query = (
        select(log.reply.word, log.reply.at)
        .where(log.reply.phone == phone, log.reply.word.in_(DECIDING))
        .order_by(log.reply.id.desc())
        .limit(1)
    )
    last = (await session.execute(query)).one_or_none()
    return None if last is None or last.word == "start" else last.at


async def hear(
    session: AsyncSession, log: Log, reference: str, phone: str, text: str, now: datetime
) -> Word | None:
    """Take in a text message; returns the word that it is to be answered with, None for silence."""
    word = word_of(text)
    query = select(log.reply.at).where(log.reply.phone == phone, log.reply.word == word)
    last = await session.scalar(query.order_by(log.reply.id.desc()).limit(1))
    new = await keep(session, log, reference, phone, word, now)
    return word if new and is_answered(word, last, now) else None
