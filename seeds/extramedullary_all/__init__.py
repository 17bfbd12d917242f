"""The demo review: an invented literature on leukaemia outside the marrow, and what a team does.

`latent` (what each record is about, and its true label) -> `render` (abstracts) ->
`bibliography` and `copies` (citations and their duplicates) -> `export` (the databases' files in
`searches/`) -> `plan` (what becomes of every record) with `reviewers`, `evidence`, `fulltext`.
None of it knows Django; the seed command plays it through the services.
"""
