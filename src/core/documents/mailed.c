/*
 * Signed documents out of mailed text; see mailed.h.
 *
 * From the line that opens a document on, its lines are collected as pieces, and its signatures behind them. Which
 * pieces were one line before the text was wrapped, the document's own reader says: where it stops at a line, that is
 * joined with its neighbours, and what lets the reader come further was right.
 */
#include "core/documents/mailed.h"

#include "core/documents/documents.h"
#include "core/tlog/note.h"

#include <stdlib.h>
#include <string.h>

enum {
    PIECES_MAX = 8192, /* lines of a mailed document */
    JOINS_MAX = 256,   /* places where it was wrapped */
    TOGETHER_MAX = 3,  /* of them in one line, where the reader comes no further for one alone */
    SIGNATURE_BASE64_SIZE = (KEY_ID_SIZE + SIGNATURE_SIZE + 2) / 3 * 4,
};

/* What is looked for. A lease has a machine's request in it, so that is looked for where it is meant alone. */
struct kinds {
    size_t count;
    enum document_type types[4];
};
static const struct kinds of_vendors = {
    4, {DOCUMENT_PRODUCT, DOCUMENT_HOST_REQUEST, DOCUMENT_LICENSE, DOCUMENT_REVOCATIONS}};
static const struct kinds of_machines = {1, {DOCUMENT_REQUEST}};

/* A line as it came, and what stood before it when it was signed. */
struct piece {
    struct slice text;
    const char *glue;
};

struct draft {
    enum document_type type;
    size_t depth; /* marks of quotation before each line */
    struct piece *pieces;
    size_t count;
    struct buffer body;
    struct buffer signatures;
    struct buffer base64; /* of the signature under way */
    bool is_signed;
};

/* ---- lines ---- */

/* Blank, tab, carriage return, no-break space. */
static bool cut_blank(struct slice *line)
{
    static const char no_break[] = "\xc2\xa0";
    const size_t size = line->size;
    const uint8_t last = size == 0 ? 0 : line->data[size - 1];
    if (last == ' ' || last == '\t' || last == '\r')
        line->size--;
    else
        slice_cut_ending(line, no_break);
    return line->size < size;
}

static bool next_line(struct slice *rest, struct slice *ret_line)
{
    if (rest->size == 0)
        return false;
    const uint8_t *const end = memchr(rest->data, '\n', rest->size);
    const size_t size = end == NULL ? rest->size : (size_t)(end - rest->data);
    const size_t used = end == NULL ? size : size + 1;
    *ret_line = slice_make(rest->data, size);
    *rest = slice_make(rest->data + used, rest->size - used);
    while (cut_blank(ret_line))
        continue;
    return true;
}

static void skip(struct slice *text, size_t size)
{
    *text = slice_make(text->data + size, text->size - size);
}

/* Takes at most that many marks of quotation from the line, with the blanks between; how many there were. */
static size_t unquote(struct slice *line, size_t most)
{
    size_t depth = 0;
    while (depth < most && (slice_starts_with(*line, ">") || slice_starts_with(*line, " >"))) {
        skip(line, line->data[0] == '>' ? 1 : 2);
        depth++;
    }
    if (depth > 0 && slice_starts_with(*line, " "))
        skip(line, 1);
    return depth;
}

static bool opens(struct slice line, enum document_type type)
{
    const char *const name = document_type_name(type);
    if (!slice_starts_with(line, "aval "))
        return false;
    skip(&line, strlen("aval "));
    if (!slice_starts_with(line, name))
        return false;
    skip(&line, strlen(name));
    return slice_starts_with(line, " v") && line.size > 2 && line.size < 8 && memchr(line.data + 1, ' ', 2) == NULL;
}

static enum document_type type_opened(struct slice line, const struct kinds *kinds)
{
    for (size_t i = 0; i < kinds->count; i++)
        if (opens(line, kinds->types[i]))
            return kinds->types[i];
    return DOCUMENT_UNKNOWN;
}

/* ---- signatures ---- */

static bool cut_dash(struct slice *line)
{
    static const char *const dashes[] = {"\xe2\x80\x94", "\xe2\x80\x93", "---", "--", "-"};
    for (size_t i = 0; i < sizeof dashes / sizeof *dashes; i++) {
        const size_t size = strlen(dashes[i]);
        if (!slice_starts_with(*line, dashes[i]) || line->size == size || line->data[size] != ' ')
            continue;
        skip(line, size);
        while (slice_starts_with(*line, " "))
            skip(line, 1);
        return true;
    }
    return false;
}

static bool signature_is_whole(const struct draft *draft)
{
    size_t size;
    return draft->base64.size >= SIGNATURE_BASE64_SIZE && is_ok(base64_check(buffer_slice(&draft->base64), &size));
}

static void end_signature(struct draft *draft)
{
    if (!draft->is_signed)
        return;
    buffer_append_slice(&draft->signatures, buffer_slice(&draft->base64));
    buffer_append_byte(&draft->signatures, '\n');
    buffer_clear(&draft->base64);
}

/* A line that begins a signature, with or without its end. */
static bool begin_signature(struct draft *draft, struct slice line)
{
    if (!cut_dash(&line))
        return false;
    const uint8_t *const space = line.size == 0 ? NULL : memchr(line.data, ' ', line.size);
    const struct slice name = slice_make(line.data, space == NULL ? line.size : (size_t)(space - line.data));
    if (!key_name_valid(name))
        return false;
    end_signature(draft);
    draft->is_signed = true;
    buffer_append_text(&draft->signatures, "\xe2\x80\x94 ");
    buffer_append_slice(&draft->signatures, name);
    buffer_append_byte(&draft->signatures, ' ');
    if (space != NULL)
        buffer_append(&draft->base64, space + 1, line.size - name.size - 1);
    return true;
}

/* False: this is none of the document's lines any more. */
static bool take_line(struct draft *draft, struct slice line)
{
    if (line.size == 0 || begin_signature(draft, line))
        return true;
    if (!draft->is_signed) {
        if (draft->count < PIECES_MAX)
            draft->pieces[draft->count] = (struct piece){line, "\n"};
        return ++draft->count <= PIECES_MAX;
    }
    if (signature_is_whole(draft) || memchr(line.data, ' ', line.size) != NULL)
        return false;
    buffer_append_slice(&draft->base64, line);
    return true;
}

/* ---- lines that were wrapped ---- */

static RESULT read_document(enum document_type type, struct slice text)
{
    union {
        struct product product;
        struct host_request request;
        struct license license;
        struct revocations revocations;
        struct request machine_request;
    } *const document = malloc(sizeof *document);
    ENSURE(document != NULL, NO_MEMORY);
    struct result read = FAIL(DOCUMENT_TYPE);
    if (type == DOCUMENT_PRODUCT)
        read = product_read(text, &document->product);
    else if (type == DOCUMENT_HOST_REQUEST)
        read = host_request_read(text, &document->request);
    else if (type == DOCUMENT_LICENSE)
        read = license_read(text, &document->license);
    else if (type == DOCUMENT_REVOCATIONS)
        read = revocations_read(text, &document->revocations);
    else if (type == DOCUMENT_REQUEST)
        read = request_read(text, &document->machine_request);
    free(document);
    return read;
}

static bool begins_line(const struct piece *piece)
{
    return piece->glue[0] == '\n';
}

/* Reads the pieces as they are joined now; *ret_piece is the one that begins the line where the reader stopped. */
static RESULT read_pieces(struct draft *draft, size_t *ret_piece)
{
    *ret_piece = 0;
    buffer_clear(&draft->body);
    for (size_t i = 0; i < draft->count; i++) {
        buffer_append_text(&draft->body, i == 0 ? "" : draft->pieces[i].glue);
        buffer_append_slice(&draft->body, draft->pieces[i].text);
    }
    buffer_append_byte(&draft->body, '\n');
    TRY(buffer_status(&draft->body));
    const struct result read = read_document(draft->type, buffer_slice(&draft->body));
    size_t line = result_place(read);
    *ret_piece = draft->count;
    for (size_t i = 0; i < draft->count && line > 0; i++)
        if (begins_line(&draft->pieces[i]) && --line == 0)
            *ret_piece = i;
    return read;
}

/* Joins the pieces from `first` on with what is before each: cut is a set of bits, where the word was cut and not the
 * line wrapped at a blank. Undone where the reader comes no further than piece `from`. */
static bool join(struct draft *draft, size_t first, size_t count, unsigned cut, size_t from)
{
    size_t stopped;
    if (first == 0 || first + count > draft->count)
        return false;
    for (size_t i = 0; i < count; i++)
        draft->pieces[first + i].glue = (cut >> i & 1) != 0 ? "" : " ";
    const struct result read = read_pieces(draft, &stopped);
    if (is_ok(read) || stopped > from)
        return true;
    for (size_t i = 0; i < count; i++)
        draft->pieces[first + i].glue = "\n";
    return false;
}

/* Undoes what the reader stopped at, in the line that begins with this piece: its rest is behind it, or it is itself
 * the rest of the one before. In this order: words for people take in any line that is put behind them. */
static bool join_somewhere(struct draft *draft, size_t piece)
{
    size_t next = piece + 1;
    while (next < draft->count && !begins_line(&draft->pieces[next]))
        next++;
    for (size_t count = 1; count <= TOGETHER_MAX; count++)
        for (unsigned cut = 0; cut < 1u << count; cut++)
            if (join(draft, next, count, cut, piece))
                return true;
    return join(draft, piece, 1, 0, piece);
}

static RESULT unwrap(struct draft *draft)
{
    size_t stopped;
    struct result read = read_pieces(draft, &stopped);
    for (size_t joins = 0; !is_ok(read) && joins < JOINS_MAX; joins++) {
        if (stopped >= draft->count || !join_somewhere(draft, stopped))
            return read;
        read = read_pieces(draft, &stopped);
    }
    return read;
}

/* ---- the text ---- */

/* From behind its opening line; *rest is what follows the document. */
static RESULT read_draft(struct draft *draft, struct slice *rest)
{
    struct slice line;
    struct slice behind = *rest;
    while (next_line(&behind, &line)) {
        const bool quoted = unquote(&line, draft->depth) == draft->depth;
        if ((!quoted && line.size > 0) || !take_line(draft, line))
            break;
        *rest = behind;
    }
    end_signature(draft);
    ENSURE(draft->count <= PIECES_MAX, DOCUMENT_LIMIT);
    ENSURE(draft->is_signed, NOTE_FORM);
    TRY(unwrap(draft));
    TRY(buffer_status(&draft->signatures));
    return buffer_status(&draft->base64);
}

static RESULT finish_draft(struct draft *draft, struct buffer *found)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(NOTE_MAX);
    struct note *const note = malloc(sizeof *note);
    ENSURE(note != NULL, NO_MEMORY);
    buffer_append_slice(&text, buffer_slice(&draft->body));
    buffer_append_byte(&text, '\n');
    buffer_append_slice(&text, buffer_slice(&draft->signatures));
    struct result read = buffer_status(&text);
    if (is_ok(read))
        read = note_read(buffer_slice(&text), note);
    free(note);
    TRY(read);
    ENSURE(found->size == 0 || slice_equal(buffer_slice(found), buffer_slice(&text)), DOCUMENT_SEVERAL);
    if (found->size == 0)
        buffer_append_slice(found, buffer_slice(&text));
    return buffer_status(found);
}

static RESULT take_document(enum document_type type, size_t depth, struct slice opening, struct slice *rest,
                            struct buffer *found)
{
    struct draft draft = {.type = type,
                          .depth = depth,
                          .pieces = calloc(PIECES_MAX, sizeof *draft.pieces),
                          .count = 1,
                          .body = buffer_make(DOCUMENT_MAX),
                          .signatures = buffer_make(SIGNATURES_SIZE),
                          .base64 = buffer_make(SIGNATURES_SIZE)};
    ENSURE(draft.pieces != NULL, NO_MEMORY);
    draft.pieces[0] = (struct piece){opening, "\n"};
    struct result taken = read_draft(&draft, rest);
    if (is_ok(taken))
        taken = finish_draft(&draft, found);
    buffer_free(&draft.base64);
    buffer_free(&draft.signatures);
    buffer_free(&draft.body);
    free(draft.pieces);
    return taken;
}

/* All documents in the text, which must be one and the same. What only begins like one, in words beside it, is none;
 * the first such is to blame where there is no other. */
static RESULT find_document(struct slice text, const struct kinds *kinds, struct buffer *found)
{
    struct slice line;
    struct result first = RESULT_OK;
    if (slice_starts_with(text, "\xef\xbb\xbf"))
        skip(&text, 3);
    while (next_line(&text, &line)) {
        const size_t depth = unquote(&line, SIZE_MAX);
        const enum document_type type = type_opened(line, kinds);
        if (type == DOCUMENT_UNKNOWN)
            continue;
        const struct result taken = take_document(type, depth, line, &text, found);
        if (result_code(taken) == ERR_DOCUMENT_SEVERAL || result_code(taken) == ERR_NO_MEMORY)
            return taken;
        if (is_ok(first))
            first = taken;
    }
    return found->size > 0 ? RESULT_OK : first;
}

/* Whether it is a note as it is, and whether of a document that its reader takes. */
static RESULT check_whole(struct slice text, bool *ret_note, bool *ret_whole)
{
    struct note *const note = malloc(sizeof *note);
    ENSURE(note != NULL, NO_MEMORY);
    *ret_note = is_ok(note_read(text, note));
    *ret_whole = *ret_note && is_ok(read_document(document_type_of(note->text), note->text));
    free(note);
    return RESULT_OK;
}

static RESULT mend(struct slice text, const struct kinds *kinds, struct buffer *out, bool *ret_mended)
{
    CLEANUP_BUFFER struct buffer found = buffer_make(NOTE_MAX);
    bool is_note;
    bool whole;
    *ret_mended = false;
    TRY(check_whole(text, &is_note, &whole));
    const struct result outcome = whole ? RESULT_OK : find_document(text, kinds, &found);
    if (!is_ok(outcome) && (!is_note || result_code(outcome) == ERR_DOCUMENT_SEVERAL))
        return outcome; /* of a note its signature says first that it is not as it was signed */
    *ret_mended = found.size > 0;
    buffer_append_slice(out, found.size > 0 ? buffer_slice(&found) : text);
    return buffer_status(out);
}

RESULT mailed_mend(struct slice text, struct buffer *out, bool *ret_mended)
{
    return mend(text, &of_vendors, out, ret_mended);
}

RESULT mailed_mend_request(struct slice text, struct buffer *out, bool *ret_mended)
{
    return mend(text, &of_machines, out, ret_mended);
}
