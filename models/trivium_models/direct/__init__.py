"""Models of well-known shapes, read from their files without transformers.

transformers and sentence-transformers know every model, and importing them takes 1.6 seconds and
130 MB that an engine keeps. What the engine computes with is its own (`packed`, `decoding.llama`,
`t5`), so for a plain BERT, Llama or T5 it needs of them no more than names, shapes and a tokenizer:

- `tree`: a checkpoint's tensors as a tree of attributes, as transformers' modules have them
- `tokenizer`: a tokenizer file behind the few methods that are used here
- `bert`, `llama`, `t5`: which folders are of that shape, and what a loader needs of one

Each `open_` gives None where anything is unusual: another key in a configuration, one tensor more
or less or of another shape. Then the libraries load the model, or say what is wrong with it.
"""
