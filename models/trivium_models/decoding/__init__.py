"""The parts of the decoder: everything between a prompt's text and a continuation's text.

- `vocabulary`: text to tokens and back, control tokens, token healing
- `infill`: the prompt formats of models that were trained to fill in the middle
- `network`: what a causal language model must do here, and any of transformers' doing it
- `llama`: the same for Llama-shaped models, lean; `llama_layer` is one of its layers, with the
  products of `linear` and `head` and the KV cache of `attention`; `slices` shares rows out
- `threads`: how many threads to share operations among
- `cache`: the tokens whose keys and values a network remembers, reused from request to request
- `drafts`: guesses at the next tokens, copied from what was read before
- `generation`: the greedy loop that checks guesses, alternatives, scores
- `continuation`: the tokens generated so far as text, and whether they are enough

Only `trivium_models.decoder` imports these; torch and transformers are imported here.
"""
