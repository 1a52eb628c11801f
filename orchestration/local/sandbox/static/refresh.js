// Shows what arrives without a reload. Everything works without it.
const live = document.getElementById("live");

async function refresh() {
  // Never pull the page away from somebody who types in it or selects text.
  const busy = live.contains(document.activeElement) || !document.getSelection().isCollapsed;
  if (document.hidden || busy) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("live");
  if (fresh && fresh.innerHTML !== live.innerHTML) live.replaceChildren(...fresh.childNodes);
}

// A sandbox that is down for a moment is asked again at the next turn.
setInterval(() => refresh().catch(() => undefined), 3000);
