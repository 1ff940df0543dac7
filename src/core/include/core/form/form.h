/*
 * The one grammar of all documents, and of the records that the machine keeps for itself, as a codec that runs in
 * either direction.
 *
 *     aval TYPE vN
 *     KEY VALUE           the keys of the type, in one order
 *     x-KEY VALUE         extensions, in ascending order of their keys
 *
 * Each document has one schema: a function that names its fields in order and says what must hold between them. Run by
 * form_read() it fills the document, run by form_write() it writes it, so that reader and writer cannot differ. A
 * schema neither looks at the direction nor returns early: after the first error the rest of its calls do nothing.
 *
 * Each document counts its versions by itself, and keeps which one it is. A field that came later stands within
 * `if (form_since(form, 2))`: documents of the first version are read and written as ever, and a reader that knows only
 * the first is sent the first.
 *
 * Always: every value has one spelling, hence write(read(b)) = b; both directions apply the same checks and report the
 * same line; a writing form does not change the document. Not thread-safe, but each form is its own.
 */
#ifndef CORE_FORM_FORM_H
#define CORE_FORM_FORM_H

#include "base/cursor.h"
#include "core/documents/documents.h"

struct form;
typedef void form_schema(struct form *form, void *document);

/* Reads a document of `size` bytes; nothing is written on failure. */
RESULT form_read(struct slice text, form_schema *schema, void *ret_document, size_t size);
/* The same in memory of its own, for documents that are large and looked at before they are handed on. Yours to free().
 */
RESULT form_read_new(struct slice text, form_schema *schema, size_t size, void **ret_document);
/* Appends the document; on failure nothing is appended, and the buffer keeps the error. */
RESULT form_write(form_schema *schema, const void *document, struct buffer *out);

/* The first line, of a document that has one version so far. Must come first. */
void form_begin(struct form *form, const char *type);
/* The first line, of a document that has the versions 1 to `newest`; *version, which the document keeps, is the one
 * that was read or is to be written. DOCUMENT_VERSION for any other. Must come first. */
void form_begin_versions(struct form *form, const char *type, unsigned newest, unsigned *version);
/* Whether the document is of that version or a later one, and so has the fields that came with it. */
bool form_since(const struct form *form, unsigned version);

/* What fields are made of: form.c has these, fields.c the fields below. A type that needs a field of its own makes it
 * of them, beside its schema. */
bool form_writing(const struct form *form);
/* Reading: the value of the line with that key, which must come now. False: there is nothing to read. */
bool form_take(struct form *form, const char *key, struct slice *ret_value);
/* Reading: keeps what a conversion said. */
void form_keep(struct form *form, struct result outcome);
/* Writing: the line, if its value is valid. */
void form_put(struct form *form, const char *key, struct slice value, struct result valid);
/* The document has secrets in it: what reading puts aside is wiped. */
void form_keep_secret(struct form *form);

/* Whether all is well so far, so that what the fields hold may be compared. */
bool form_good(const struct form *form);

/* Fields: one line each. */
void form_id(struct form *form, const char *key, char id[static NAME_SIZE]);
void form_host_name(struct form *form, const char *key, char name[static HOST_NAME_SIZE]);
/* Text for people of up to capacity - 1 bytes. */
void form_text(struct form *form, const char *key, char *text, size_t capacity);
void form_number(struct form *form, const char *key, uint64_t *number, uint64_t min, uint64_t max);
void form_time(struct form *form, const char *key, seconds *time);
void form_duration(struct form *form, const char *key, seconds *duration);
void form_machine(struct form *form, const char *key, struct machine_id *machine);
/* A machine's key, which must be named by its id, and that id. */
void form_machine_key(struct form *form, const char *key, struct verifier_key *value, struct machine_id *machine);
/* Exactly `size` bytes, in base64. */
void form_bytes(struct form *form, const char *key, uint8_t *bytes, size_t size);
/* The same for what nobody else may see: nothing of it stays in memory but in the document and the text. */
void form_secret(struct form *form, const char *key, uint8_t *bytes, size_t size);
void form_verifier_key(struct form *form, const char *key, struct verifier_key *value);
void form_product_key(struct form *form, const char *key, struct product_key *value);
/* A line `KEY LENGTH` and as many bytes of whole lines, verbatim: a signed note within the document. At most `max`.
 * What is read is borrowed from the text. DOCUMENT_VALUE, TEXT_TRUNCATED. */
void form_part(struct form *form, const char *key, struct slice *part, size_t max);
/* One of `count` words, by its index. */
void form_choice(struct form *form, const char *key, const char *const words[], unsigned count, unsigned *index);

/* Lines `feature ID` or `feature ID VALUE`, and `hardware KIND BASE64`, ascending: hardware by kind, and several
 * of one kind by their digests. */
void form_features(struct form *form, struct features *features);
void form_hardware(struct form *form, struct hardware *hardware);
/* Lines `seen-origin`, `seen-size`, `seen-root`, `seen-signature`: of a ledger of that key. */
void form_seen(struct form *form, struct seen *seen, const struct verifier_key *host_key);
/* Lines `shown-origin`, `shown-size`, `shown-root`, `shown-signature`: the same of some ledger. */
void form_shown(struct form *form, struct seen *shown);
/* A line of text that about_text_check() takes, of up to capacity - 1 bytes; where it is absent the text is "". */
void form_visible_text(struct form *form, const char *key, char *text, size_t capacity);
/* Lines `name TEXT` and `version TEXT`, which may be absent, and `data KEY VALUE`, ascending by key. */
void form_about(struct form *form, struct about_says *says);
/* The x- lines; must come last. */
void form_extensions(struct form *form, struct extensions *extensions);

/* Loop condition of a list whose elements begin with that key: whether there is an element `i`. Keeps the count. */
bool form_next(struct form *form, const char *key, size_t i, size_t *count, size_t max);
/* A list that must not be empty; stands behind its loop. */
void form_some(struct form *form, const char *key, size_t count);
/* Whether the lines that begin with that key, and may be absent, are there. Keeps the flag. */
bool form_optional(struct form *form, const char *key, bool *present);

/* Fails at the line of the last field unless the condition holds. */
void form_check(struct form *form, bool condition, struct result why);
/* Two neighbours of a list: DOCUMENT_DUPLICATE_KEY or DOCUMENT_ORDER unless the first comes before the second. */
void form_ascending(struct form *form, const char *first, const char *second);
/* Lines `host-key VKEY`, ascending by their text, each named HOST/VENDOR. */
void form_host_keys(struct form *form, struct verifier_key *keys, size_t *count, size_t max, const char *vendor);
/* A host key must be named HOST/VENDOR: DOCUMENT_VALUE. `host` may be NULL: any host name. */
void form_host_key_name(struct form *form, const struct verifier_key *key, const char *host, const char *vendor);

#endif
