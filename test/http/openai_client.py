"""Drives OpenAI's official client for Python against the service at ASSAY_URL; prints what it got as JSON."""

import json
import os

import openai

client = openai.OpenAI(base_url=os.environ["ASSAY_URL"] + "/v1", api_key="none", max_retries=0)
messages = [{"role": "user", "content": "When was the tower rebuilt?"}]

completion = client.chat.completions.create(model="default", messages=messages)
stream = list(
    client.chat.completions.create(
        model="default", messages=messages, stream=True, stream_options={"include_usage": True}
    )
)
embeddings = client.embeddings.create(model="scripted-embedding", input=["An alder.", "A quarry."])
try:
    client.chat.completions.create(model="attic", messages=messages)
    refused = None
except openai.NotFoundError as error:
    refused = {"status": error.status_code, "code": error.code, "type": error.type}

print(
    json.dumps(
        {
            "models": [model.id for model in client.models.list()],
            "answer": completion.choices[0].message.content,
            "verdict": completion.verdict["label"],
            "ask_id": completion.ask_id,
            "total_tokens": completion.usage.total_tokens,
            "streamed": "".join(
                chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices
            ),
            "streamed_verdict": stream[-1].verdict["label"],
            "streamed_tokens": stream[-1].usage.total_tokens,
            "dimensions": [len(each.embedding) for each in embeddings.data],
            "refused": refused,
        }
    )
)
