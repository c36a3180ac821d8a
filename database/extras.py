"""What the tables need beyond columns, by database: the full-text index and the guard of the timeline.

Part of the first revision: a later change is a new function beside these, never an edit of them.
"""

_FOLD_FROM = "áàâãäéèêëíìîïóòôõöúùûüçñ"
_FOLD_TO = "aaaaaeeeeiiiiooooouuuucn"

FIRST_SQLITE = (
    """CREATE VIRTUAL TABLE mention_search USING fts5(
        text, content='mention', content_rowid='id', tokenize="unicode61 remove_diacritics 2")""",
    """CREATE TRIGGER mention_search_insert AFTER INSERT ON mention BEGIN
        INSERT INTO mention_search(rowid, text) VALUES (new.id, new.text); END""",
    """CREATE TRIGGER mention_search_delete AFTER DELETE ON mention BEGIN
        INSERT INTO mention_search(mention_search, rowid, text) VALUES ('delete', old.id, old.text); END""",
    """CREATE TRIGGER mention_search_update AFTER UPDATE OF text ON mention BEGIN
        INSERT INTO mention_search(mention_search, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO mention_search(rowid, text) VALUES (new.id, new.text); END""",
    """CREATE TRIGGER timeline_event_no_update BEFORE UPDATE ON timeline_event BEGIN
        SELECT RAISE(ABORT, 'the timeline is append-only'); END""",
    """CREATE TRIGGER timeline_event_no_delete BEFORE DELETE ON timeline_event BEGIN
        SELECT RAISE(ABORT, 'the timeline is append-only'); END""",
)

FIRST_POSTGRESQL = (
    f"""CREATE FUNCTION ouvidor_fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
        $$ SELECT translate(lower($1), '{_FOLD_FROM}', '{_FOLD_TO}') $$""",
    """CREATE INDEX ix_mention_search ON mention USING gin (to_tsvector('simple', ouvidor_fold(text)))""",
    """CREATE FUNCTION timeline_event_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the timeline is append-only'; END $$""",
    """CREATE TRIGGER timeline_event_guard BEFORE UPDATE OR DELETE ON timeline_event
        FOR EACH ROW EXECUTE FUNCTION timeline_event_append_only()""",
)
