/*
 * The state folder: where each file lies, how it is read and replaced.
 *
 *   machines/VENDOR             who this machine is for that vendor (records.h)
 *   machines/VENDOR+N           who the Nth other machine is that uses the folder, as one of many that share a home
 *   secret/VENDOR, VENDOR+N     the secret half of its key, with which anybody is this machine; for the owner alone
 *   secret/site+key             the site key (core/documents/site_key.h); no vendor's id has a '+'
 *   hosts                       hosts to ask (records.h)
 *   lock                        held by whoever writes
 *   telling                     what may be told the operator of a host (records.h)
 *   evidence/NUMBER/            what hosts showed that does not fit together (evidence.h)
 *     kept, shown, note         two signed checkpoints, and everything in one text
 *   products/VENDOR/PRODUCT/
 *     product, vendor-key       the product's document and the key that signed it
 *     key                       the product key
 *     first-run, last-answer    records.h
 *     attached                  what the product tells the operator (records.h)
 *     number                    the numbers of what this machine has signed (records.h)
 *     release                   a release as it was signed and sent, until a host has answered it
 *     request                   a request as it was signed and put into a file, until its answer is accepted
 *     revocations               the newest list of the vendor, as signed
 *     checkpoints/HOST+HASH     the last checkpoint of the ledger of each host key, as signed; SHA-256 of the key
 *     lease.tlog-proof          the lease in force
 *     license                   what it is under
 *     lease.host                who gave it
 *     next.license, next.host   the same of a lease that is being stored (lease_files.h)
 *     on/N/                     of the Nth other machine: last-answer, number, release, request, lease, license, host
 *
 * There are two such folders for a user who is not root and names none: his own, and the system's, in which root keeps
 * what is so for the whole machine. A product that is installed in the system's is that of the machine, whoever runs
 * it: one activation, one seat. The user's own serves what is not there.
 *
 * Always: every file is replaced whole. Writers hold the lock; readers take none and write nothing, but for the moment
 * of the first run where this user may (status.c). A folder of root's is for everybody to read but for secret/, a
 * user's own for him alone.
 */
#ifndef CLIENT_STATE_FOLDER_H
#define CLIENT_STATE_FOLDER_H

#include "kept/kept.h"
#include "machine/handle.h"

#define FOLDER_MACHINES    "machines"
#define FOLDER_SECRET      "secret"
#define FILE_SITE_KEY      "site+key"
#define FILE_HOSTS         "hosts"
#define FILE_LOCK          "lock"
#define FILE_TELLING       "telling"
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
#define FILE_ATTACHED      "attached"
#define FILE_NUMBER        "number"
#define FILE_REQUEST       "request"
#define FILE_RELEASE       "release"
#define FILE_REVOCATIONS   "revocations"
#define FOLDER_CHECKPOINTS "checkpoints"
#define FOLDER_FORMER      "former"
#define FOLDER_ON          "on"
#define FILE_LEASE         "lease.tlog-proof"
#define FILE_LICENSE       "license"
#define FILE_HOST          "lease.host"
#define FILE_NEXT_LICENSE  "next.license"
#define FILE_NEXT_HOST     "next.host"

enum { MODE_FOLDER = 0755, MODE_SECRET_FOLDER = 0700, MODE_SECRET = 0600, MODE_FILE = 0644 };

/* Which of its two folders the handle works in from now on: his own; or that which has something by that name (a path),
 * the system's before his own. */
void state_use_own(aval_machine *machine);
void state_use(aval_machine *machine, const char *name);
/* STATE_OF_SYSTEM where the handle works in the system's folder and that is not his own. */
RESULT state_check_owner(const aval_machine *machine, struct reason *reason);
/* FILE_READ where the folder is there and cannot be read. */
RESULT state_check(const char *folder, struct reason *reason);

/* Appends a file of the folder to `out`; *ret_found is false where there is none. FILE_READ, FILE_TOO_LARGE, NO_MEMORY;
 * STATE_BROKEN for a pipe or a device, which is neither waited for nor read. */
RESULT state_read(const char *folder, const char *name, struct buffer *out, bool *ret_found, struct reason *reason);
/* Whether what stands in the place of the file is none that this library wrote, whatever it is. */
bool state_is_foreign(struct result read);
/* FILE_WRITE. */
RESULT state_write(const char *folder, const char *name, struct slice content, unsigned mode, struct reason *reason);
RESULT state_remove(const char *folder, const char *name, struct reason *reason);

/* Makes the folder and takes its lock, until kept_unlock. LOCKED, FILE_WRITE,
 * STATE_OF_SYSTEM. */
RESULT state_lock(const aval_machine *machine, struct file_hold *ret_lock, struct reason *reason);
#define CLEANUP_LOCK __attribute__((cleanup(kept_unlock)))

#endif
