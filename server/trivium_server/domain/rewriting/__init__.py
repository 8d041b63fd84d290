"""Summaries and translations of what stands in a document.

`passages` finds the text, `layout` takes comment markers and line breaks off and puts them back,
`guard` keeps what must not change out of the model's reach and checks what it wrote, `jobs` says
what the model must be given and makes edits of its answers. No model is run here.
"""
