"""Conservation: nothing that one database knows is lost on its way to another."""
