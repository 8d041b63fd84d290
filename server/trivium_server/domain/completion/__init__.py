"""Autocomplete without the model: what it is asked, and what of its answer is shown.

prompt      the text that the model continues
boundaries  one line or a block, and where a suggestion may end
candidates  continuations copied from similar code
filters     what makes a continuation fit its place, or drops it
joining     what of a continuation is not behind the cursor yet
gate        whether it is likely enough to be shown
memory      what was answered before, while the user types along or goes back
"""
