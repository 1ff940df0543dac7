/*
 * The data folder of a host.
 *
 *   host                       its name, one line
 *   lock                       held by the one avald that serves it
 *   control.sock               control interface (0600)
 *   port                       port of the activation listener while it serves, for scripts
 *   site-key                   the site key in use, as machines take it (0600)
 *   site-key.former            the one before it, which still holds (0600); see authority/site_keys.h
 *   avald.db                   machines, leases, denials, ledgers
 *   .copy.db                   a copy of that, while a backup is made; .copy.lock is held by who makes it
 *   archive/                   full bundles of old leaves that the database has no more (ledger/archive.h); they may
 *                              lie elsewhere
 *   signer/KEY.key             secret host key of a vendor (0600): the signer's alone; KEY is the vendor's name
 *   signer/KEY.state           what the signer signed last; KEY+N.state in the N-th epoch of the ledger
 *   vendors/VENDOR/vendor.vkey       the vendor's verifier key, as enrolled
 *   vendors/VENDOR/vendor.vkeys      all keys of the vendor, a line each: those of its product document in their order,
 *                                    and those known before; where it is missing, the one above is all
 *   vendors/VENDOR/host.vkey         this host's verifier key for that vendor
 *   vendors/VENDOR/host-request      what was sent to the vendor
 *   vendors/VENDOR/licenses/ID       licenses, as signed
 *   vendors/VENDOR/products/PRODUCT  the newest product documents that were imported, as signed, for kits
 *   vendors/VENDOR/revocations       the newest, as signed
 */
#ifndef AUTHORITY_FOLDER_H
#define AUTHORITY_FOLDER_H

#include "core/documents/documents.h"
#include "system/files.h"

#define FOLDER_HOST         "host"
#define FOLDER_LOCK         "lock"
#define FOLDER_PORT         "port"
#define FOLDER_SITE_KEY     "site-key"
#define FOLDER_SITE_FORMER  "site-key.former"
#define FOLDER_DATABASE     "avald.db"
#define FOLDER_COPY         ".copy.db"
#define FOLDER_COPY_LOCK    ".copy.lock"
#define FOLDER_ARCHIVE      "archive"
#define FOLDER_SIGNER       "signer"
#define FOLDER_VENDORS      "vendors"
#define FOLDER_VENDOR_KEY   "vendor.vkey"
#define FOLDER_VENDOR_KEYS  "vendor.vkeys"
#define FOLDER_HOST_KEY     "host.vkey"
#define FOLDER_HOST_REQUEST "host-request"
#define FOLDER_LICENSES     "licenses"
#define FOLDER_PRODUCTS     "products"
#define FOLDER_REVOCATIONS  "revocations"

/* Name of the host that the folder belongs to; NOT_SET_UP where it is none. */
RESULT folder_host_name(const char *folder, char ret_name[static HOST_NAME_SIZE], struct reason *reason);
/* Path of a file of a vendor: FOLDER/vendors/VENDOR/NAME. */
RESULT folder_vendor_path(const char *folder, const char *vendor, const char *name, char ret_path[static PATH_SIZE]);

/* Makes the folder and its host name; FILE_EXISTS where there is one. */
RESULT folder_init(const char *folder, struct slice host_name, struct reason *reason);
/* Makes the host key for a vendor and the signed host request, which is appended to `out`. `seed` from the system's
 * entropy. KEY_FORM where the key's name is no id; FILE_EXISTS where the vendor is enrolled already and the key is none
 * that is known of it; with a key that is, the request of then is given again. */
RESULT folder_enroll(const char *folder, const struct verifier_key *vendor_key, struct slice customer, seconds now,
                     const uint8_t seed[static SEED_SIZE], struct buffer *out, struct reason *reason);

/* The keys of an enrolled vendor: the one in use, the spare, former ones. KEY_FORM; errors of files. */
RESULT folder_vendor_keys(const char *folder, const char *vendor, struct verifier_key ret_keys[static VENDOR_KEYS_MAX],
                          size_t *ret_count, struct reason *reason);

enum import_kind { IMPORT_LICENSE, IMPORT_REVOCATIONS, IMPORT_PRODUCT };
struct import_report {
    enum import_kind kind;
    bool known_already;
    struct license license;  /* of IMPORT_LICENSE */
    uint64_t sequence;       /* of IMPORT_REVOCATIONS */
    char product[NAME_SIZE]; /* of IMPORT_PRODUCT */
    char vendor[NAME_SIZE];
};
/* Checks a license or revocations note and keeps it, a product's document unless a newer issue of it is kept, and of
 * that the vendor's keys that it names. KEY_RANK: the signer stands too low for that; LICENSE_REVOKED: the signer is
 * revoked; SIGNER_UNKNOWN: of no enrolled vendor, or by a key of one that is not known here, which `reason` says with
 * the way back; LICENSE_OTHER_HOST: for another host key; FILE_EXISTS: another license of that id, or other revocations
 * of that sequence, are here already; REVOCATIONS_OLDER; DOCUMENT_TYPE; errors of form. */
RESULT folder_import(const char *folder, struct slice note, struct import_report *ret_report, struct reason *reason);

/* Calls `each` with the product documents that are kept of a vendor, as signed (borrowed for the call), in the order of
 * their names; its failure ends the walk and is returned. FILE_READ. */
RESULT folder_each_product(const char *folder, const char *vendor, RESULT (*each)(void *context, struct slice note),
                           void *context, struct reason *reason);

#endif
