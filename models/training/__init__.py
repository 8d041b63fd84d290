"""The recipe of Trivium's offline T5: corpus, tokenizer, pack, train, evaluate, export.

Run each step with `python -m training.<step>` from the folder `models/`; README.md tells the order.
Nothing here is imported by `trivium_models` or `trivium_server`.
"""
