"""Speaks Skyrocket's WebSocket by Debian's python3-websockets, and prints what it saw as one JSON object.

usage: websocket.py BASE ROOM, where BASE is http://host:port
"""

import asyncio
import json
import sys
import urllib.request

import websockets

BASE, ROOM = sys.argv[1:]
PATIENCE = 15
TEXTS = ["plain", "größe 🚀 \u2028\r\n\0", "x" * 4000, "日本" * 900]


def join(name):
    """A session, by POST /api/sessions."""
    body = json.dumps({"room": ROOM, "name": name}).encode()
    request = urllib.request.Request(f"{BASE}/api/sessions", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def attach(session, after=None):
    """A connection that is to be made."""
    query = f"session={session['session']}" + (f"&after={after}" if after else "")
    url = f"{BASE.replace('http', 'ws', 1)}/transports/websocket?{query}"
    return websockets.connect(url, subprotocols=["skyrocket.v1"], max_size=None)


async def read_until(socket, fits):
    """All messages up to the first that fits."""
    seen = []
    while True:
        seen.append(json.loads(await asyncio.wait_for(socket.recv(), PATIENCE)))
        if fits(seen[-1]):
            return seen


def is_ok(name):
    return lambda message: message["type"] == "ok" and message["id"] == name


async def conversation():
    """Says several things, cuts the connection in the middle, and reads on from where it was."""
    session = join("Ada")
    seen = []
    async with attach(session, session["cursor"]) as socket:
        subprotocol = socket.subprotocol
        seen += await read_until(socket, lambda message: message["type"] == "live")
        for index, text in enumerate(TEXTS[:2]):
            await socket.send(json.dumps({"type": "say", "id": f"p{index}", "text": text}))
            seen += await read_until(socket, is_ok(f"p{index}"))
        # Fragments: the library sends each item of an iterable as one.
        fragments = json.dumps({"type": "say", "id": "p2", "text": TEXTS[2]})
        await socket.send([fragments[:7], fragments[7:2000], fragments[2000:]])
        seen += await read_until(socket, is_ok("p2"))
        # A ping may come between, and is answered with what it held.
        waiter = await socket.ping(b"are you there")
        await asyncio.wait_for(waiter, PATIENCE)
        socket.transport.abort()
    numbered = {message["seq"]: message for message in seen if "seq" in message and message["type"] != "ok"}
    after = f"{session['epoch']}-{max(numbered, default=int(session['cursor'].split('-')[1]))}"
    async with attach(session, after) as socket:
        seen += await read_until(socket, lambda message: message["type"] == "live")
        # The same command once more, after the cut: the same reply, and nothing is appended.
        await socket.send(json.dumps({"type": "say", "id": "p2", "text": TEXTS[2]}))
        await socket.send(json.dumps({"type": "say", "id": "p3", "text": TEXTS[3]}))
        last = lambda message: message["type"] == "message" and message["id"] == "p3"
        seen += await read_until(socket, last)
    events = [message for message in seen if message["type"] == "message"]
    return {
        "subprotocol": subprotocol,
        "seqs": [event["seq"] for event in events],
        "exact": [event["text"] for event in events] == TEXTS,
        "cursor": session["cursor"],
    }


async def code_after(action):
    """The close code that follows what `action` does to a live connection."""
    session = join("Grace")
    async with attach(session) as socket:
        await read_until(socket, lambda message: message["type"] == "live")
        await action(socket, session)
        try:
            while True:
                await asyncio.wait_for(socket.recv(), PATIENCE)
        except websockets.ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


async def leave(socket, _session):
    await socket.send(json.dumps({"type": "leave", "id": "bye"}))


async def not_json(socket, _session):
    await socket.send("not JSON")


async def binary(socket, _session):
    await socket.send(b"\x00\x01")


async def too_large(socket, _session):
    await socket.send("x" * 70000)


async def wrong_command():
    """JSON that is no command is refused, and the connection stays."""
    session = join("Cleo")
    async with attach(session) as socket:
        await socket.send(json.dumps({"type": "shout", "id": "q1"}))
        refusal = (await read_until(socket, lambda message: message["type"] == "refused"))[-1]
        await socket.send(json.dumps({"type": "say", "id": "q2", "text": "still here"}))
        await read_until(socket, is_ok("q2"))
        return refusal["code"]


async def refused_upgrade():
    """An upgrade is refused in HTTP, and this client shows with which status."""
    try:
        async with attach({"session": "forged"}):
            return None
    except websockets.InvalidStatusCode as refused:
        return refused.status_code


async def main():
    print(json.dumps({
        "conversation": await conversation(),
        "leave": await code_after(leave),
        "notJson": await code_after(not_json),
        "binary": await code_after(binary),
        "tooLarge": await code_after(too_large),
        "wrongCommand": await wrong_command(),
        "refusedUpgrade": await refused_upgrade(),
    }))


asyncio.run(main())
