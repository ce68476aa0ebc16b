"""Asks a provider of the kind ``openai``."""

import asyncio
import time
from pathlib import Path

from arenatest.hookspec import Call, Context
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.openai import OPENAI, OpenAIOptions

KEY = "sk-canary-0123456789abcdef"
PROMPT = Prompt(id="p1", messages=(Message(role="user", content="Hello?"),))
CALL = Call(chat_id="chat-1", prompt=PROMPT, messages=PROMPT.messages, params={}, timeout=20.0)


def build(base_url, *, environ=None, **options):
    options.setdefault("api_key_env", "")
    checked = OpenAIOptions(model="m", base_url=base_url, **options)
    context = Context(directory=Path(), environ=environ or {}, clock=time.perf_counter, shared={})
    return OPENAI.build(checked, context)


def ask(base_url, *calls, environ=None, **options):
    """The answers to calls made one after another by one provider."""

    async def run():
        provider = build(base_url, environ=environ, **options)
        await provider.open()
        try:
            return [await provider.answer(call) for call in calls or (CALL,)]
        finally:
            await provider.close()

    return asyncio.run(run())
