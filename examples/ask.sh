#!/usr/bin/env bash
# Adds a document and asks about it, by curl. ASSAY_URL says where the service is, ASSAY_KEY is a key where it has any.
set -euo pipefail
url=${ASSAY_URL:-http://127.0.0.1:3000}
headers=(-H 'content-type: application/json')
if [ -n "${ASSAY_KEY:-}" ]; then headers+=(-H "authorization: Bearer $ASSAY_KEY"); fi

curl -sS --fail-with-body "$url/documents" "${headers[@]}" \
  -d '{"source":"examples/alder.md","format":"markdown","text":"# Alder\n\nAlder wood does not rot under water. Much of Venice stands on it."}'
echo

curl -sS --fail-with-body "$url/ask" "${headers[@]}" -d '{"question":"Which wood does not rot under water?"}'
echo

# The same as server-sent events: context, tokens, answer, verdict, done.
curl -sS --fail-with-body --no-buffer "$url/ask" "${headers[@]}" \
  -d '{"question":"Which wood does not rot under water?","stream":true}'

# And as an OpenAI client would ask it: the collection is the model.
curl -sS --fail-with-body "$url/v1/chat/completions" "${headers[@]}" \
  -d '{"model":"default+footnote","messages":[{"role":"user","content":"Which wood does not rot under water?"}]}'
echo
