/*
 * The vendor's desk: one folder with the vendor's key pair and the record of everything signed with it.
 *
 *   vendor.vkey   the verifier key, to be given away; its name is the vendor's id
 *   vendor.key    the secret key, sealed (seal.h) or plain; for its owner's eyes only
 *   spare.vkey    the verifier key of the spare, whose secret half is elsewhere, in a safe; "" or none: there is none
 *   former.vkeys  verifier keys that were in use before, the last one first, one a line
 *   desk.db       SQLite: every product, license and revocations document with its full text as signed
 *
 * Always: a document is in the record before it leaves the desk. What is read from the record is held against the
 * desk's own keys, so that a document that was changed in there is noticed. A record made by a newer version of this
 * program is not touched. What the system or SQLite says of a failure goes to `reason`. For one thread.
 */
#ifndef DESK_DESK_H
#define DESK_DESK_H

#include "core/documents/documents.h"
#include "system/files.h"

struct desk;

/* Makes the folder, where it is missing, and the three files. FILE_EXISTS where one of them is there; FILE_WRITE,
 * STORE_FAILED. Nothing is left behind on failure. */
RESULT desk_create(const char *folder, const struct verifier_key *key, struct slice key_file, struct reason *reason);
/* NOT_SET_UP where the folder is no desk; KEY_FORM, FILE_READ; STORE_FAILED, STORE_FOREIGN, STORE_NEWER. With `writing`
 * false nothing is changed and a read-only medium will do. *ret_desk is yours. */
RESULT desk_open(const char *folder, bool writing, struct desk **ret_desk, struct reason *reason);
/* Takes NULL. */
void desk_free(struct desk *desk);

/* The verifier key of the desk in that folder, without opening its record. NOT_SET_UP, KEY_FORM, FILE_READ. */
RESULT desk_read_key(const char *folder, struct verifier_key *ret_key, struct reason *reason);
/* Borrowed. */
const struct verifier_key *desk_key(const struct desk *desk);
/* All keys of the vendor: that in use, the spare, former ones. Borrowed. */
const struct verifier_key *desk_keys(const struct desk *desk, size_t *ret_count);
/* The same without opening the record. As desk_read_key(). */
RESULT desk_read_keys(const char *folder, struct verifier_key ret_keys[static VENDOR_KEYS_MAX], size_t *ret_count,
                      struct reason *reason);
/* The keys that a product installed now must know: those of desk_keys() but former ones under which no license runs any
 * more. Errors of the record. */
RESULT desk_product_keys(struct desk *desk, seconds now, struct product *product, struct reason *reason);
/* Says which key is the spare. FILE_WRITE. */
RESULT desk_set_spare(const char *folder, const struct verifier_key *spare, struct reason *reason);
/* Puts another key in use: `key_file` is its secret half as the desk is to keep it; the one in use becomes a former
 * one, and its secret half goes. DOCUMENT_LIMIT: too many former ones; FILE_READ, FILE_WRITE. What was begun and did
 * not come to its end is done by the same call. */
RESULT desk_rotate(const char *folder, const struct verifier_key *key, struct slice key_file,
                   const struct verifier_key *spare, struct reason *reason);
/* Where the secret key lies. Borrowed. */
const char *desk_key_path(const struct desk *desk);

/* The record. Adding: LOCKED where another process is adding, STORE_FAILED. Reading: NOT_FOUND, STORE_FAILED, and
 * SIGNATURE_WRONG or an error of form where the record was changed. */

RESULT desk_add_product(struct desk *desk, const struct product *product, struct slice note, struct reason *reason);
RESULT desk_add_license(struct desk *desk, const struct license *license, struct slice note, struct reason *reason);
RESULT desk_add_revocations(struct desk *desk, const struct revocations *revocations, struct slice note,
                            struct reason *reason);
/* Of documents that were signed elsewhere and come into this record: whether one of that text, which is without
 * signatures, is there. FILE_EXISTS where there is another license of that id, or other revocations of that sequence.
 */
RESULT desk_holds(struct desk *desk, enum document_type type, const char *id, struct slice text, bool *ret_holds,
                  struct reason *reason);
/* Adds it behind all others, or in front of them, as of a time before. */
enum desk_place { DESK_LAST, DESK_FIRST };
RESULT desk_put(struct desk *desk, enum document_type type, const char *id, seconds issued, struct slice note,
                enum desk_place place, struct reason *reason);
/* Takes the document added last back out, because it could not leave the desk. */
RESULT desk_take_back(struct desk *desk, struct reason *reason);

/* The product as defined last. */
RESULT desk_find_product(struct desk *desk, const char *product, struct product *ret_product, struct reason *reason);
/* The same as it was signed; appended. */
RESULT desk_product_note(struct desk *desk, const char *product, struct buffer *note, struct reason *reason);
/* The document added last that `signer` signed and that names the other key, of whatever product; its note is appended.
 * NOT_FOUND. */
RESULT desk_product_by(struct desk *desk, const struct verifier_key *signer, const struct verifier_key *named,
                       struct product *ret_product, struct buffer *note, struct reason *reason);
/* Each product as defined last, ascending by id. Stops at the first failure of `each` and returns it. */
RESULT desk_each_product(struct desk *desk, RESULT (*each)(void *context, const struct product *product), void *context,
                         struct reason *reason);
/* Each license, in the order of their dates; `note` is its text as signed. */
RESULT desk_each_license(struct desk *desk,
                         RESULT (*each)(void *context, const struct license *license, struct slice note), void *context,
                         struct reason *reason);
/* NOT_FOUND says in `reason` how a license that the record has lost is taken back. */
RESULT desk_find_license(struct desk *desk, const char *id, struct license *ret_license, struct reason *reason);
/* What is revoked, with the sequence of the newest revocations; yours by free(). `note` (may be NULL) gets their text
 * as signed, but nothing where others hold what they do not, as when they were taken into a record that had gone on
 * without them: then the next ones are to hold both. Where there are none yet, empty ones of this vendor with the
 * sequence 0. */
RESULT desk_find_revocations(struct desk *desk, struct revocations **ret_revocations, struct buffer *note,
                             struct reason *reason);
void revocations_cleanup(struct revocations **revocations);
#define CLEANUP_REVOCATIONS __attribute__((cleanup(revocations_cleanup)))

#endif
