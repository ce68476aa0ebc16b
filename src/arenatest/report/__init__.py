"""The record of a session, as people read it: HTML, JSON, Markdown and the terminal's section."""
