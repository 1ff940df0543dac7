/*
 * The state folder: where each file lies, how it is read and replaced.
 *
 *   machine                     who this machine is; secret (records.h)
 *   hosts                       hosts to ask (records.h)
 *   lock                        held by whoever writes
 *   evidence/NUMBER/            what hosts showed that does not fit together (evidence.h)
 *     kept, shown, note         two signed checkpoints, and everything in one text
 *   products/VENDOR/PRODUCT/
 *     product, vendor-key       the product's document and the key that signed it
 *     key                       the product key
 *     first-run, last-answer    records.h
 *     revocations               the newest list of the vendor, as signed
 *     checkpoints/HOST+HASH     the last checkpoint of the ledger of each host key, as signed; SHA-256 of the key's
 * text lease.tlog-proof          the lease in force license, lease.request, lease.host           what it is under, what
 * it answers, who gave it next.license, next.request, next.host        the same of a lease that is being stored
 * (holding.h)
 *
 * Always: every file is replaced whole. Writers hold the lock, readers take none. The folder is for its owner alone.
 */
#ifndef CLIENT_STATE_FOLDER_H
#define CLIENT_STATE_FOLDER_H

#include "machine/handle.h"

#define FILE_MACHINE       "machine"
#define FILE_HOSTS         "hosts"
#define FILE_LOCK          "lock"
#define FOLDER_EVIDENCE    "evidence"
#define FILE_KEPT          "kept"
#define FILE_SHOWN         "shown"
#define FILE_NOTE          "note"
#define FOLDER_PRODUCTS    "products"
#define FILE_PRODUCT       "product"
#define FILE_VENDOR_KEY    "vendor-key"
#define FILE_KEY           "key"
#define FILE_FIRST_RUN     "first-run"
#define FILE_LAST_ANSWER   "last-answer"
#define FILE_REVOCATIONS   "revocations"
#define FOLDER_CHECKPOINTS "checkpoints"
#define FILE_LEASE         "lease.tlog-proof"
#define FILE_LICENSE       "license"
#define FILE_REQUEST       "lease.request"
#define FILE_HOST          "lease.host"
#define FILE_NEXT_LICENSE  "next.license"
#define FILE_NEXT_REQUEST  "next.request"
#define FILE_NEXT_HOST     "next.host"

enum { MODE_FOLDER = 0700, MODE_SECRET = 0600, MODE_FILE = 0644 };

/* The folder to use where none is named; USAGE where the environment names no home, TEXT_TOO_LONG. Each operating
 * system has a sibling of folder_posix.c. */
RESULT state_default_folder(char ret_path[static PATH_SIZE]);
/* FILE_READ where the folder is there and cannot be read. */
RESULT state_check(const aval_machine *machine, struct reason *reason);

/* Appends a file of the folder to `out`; *ret_found is false where there is none. FILE_READ, FILE_TOO_LARGE, NO_MEMORY.
 */
RESULT state_read(const char *folder, const char *name, struct buffer *out, bool *ret_found, struct reason *reason);
/* FILE_WRITE. */
RESULT state_write(const char *folder, const char *name, struct slice content, unsigned mode, struct reason *reason);
RESULT state_remove(const char *folder, const char *name, struct reason *reason);

/* Makes the folder and takes its lock, until state_unlock or the end of the process. LOCKED, FILE_WRITE. */
RESULT state_lock(const aval_machine *machine, int *ret_lock, struct reason *reason);
/* For __attribute__((cleanup)); takes -1. */
void state_unlock(const int *lock);
#define CLEANUP_LOCK __attribute__((cleanup(state_unlock)))

#endif
