"""Adds a document and asks about it, with Python's standard library alone: python3 examples/ask.py

ASSAY_URL says where the service is, ASSAY_KEY is a key where it has any.
"""

import json
import os
import sys
import urllib.error
import urllib.request

URL = os.environ.get("ASSAY_URL", "http://127.0.0.1:3000")
KEY = os.environ.get("ASSAY_KEY")


def post(path, body):
    """Sends JSON and returns the open reply."""
    headers = {"content-type": "application/json"}
    if KEY:
        headers["authorization"] = f"Bearer {KEY}"
    return urllib.request.urlopen(urllib.request.Request(URL + path, json.dumps(body).encode(), headers))


def events(reply):
    """The server-sent events of a reply, each as its name and its data."""
    name = None
    for line in reply:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def main():
    document = {
        "source": "examples/alder.md",
        "format": "markdown",
        "text": "# Alder\n\nAlder wood does not rot under water. Much of Venice stands on it.",
    }
    with post("/documents", document):
        pass

    question = {"question": "Which wood does not rot under water?"}
    with post("/ask", question) as reply:
        asked = json.load(reply)
    print(asked["answer"])
    print(f"{asked['verdict']['label']}: {asked['verdict']['reason']}")
    for evidence in asked["verdict"]["evidence"]:
        print(f"  “{evidence['quote']}”")

    with post("/ask", {**question, "stream": True}) as reply:
        for name, data in events(reply):
            if name == "token":
                print(data["text"], end="", flush=True)
            elif name == "answer":
                print(f"\n{data['text']}")
            elif name == "verdict":
                print(data["label"])
            elif name == "error":
                sys.exit(f"{data['code']}: {data['message']}")


try:
    main()
except urllib.error.HTTPError as error:
    told = json.load(error)["error"]
    sys.exit(f"{told['code']}: {told['message']}")
