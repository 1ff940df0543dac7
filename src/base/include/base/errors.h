/*
 * The one table of errors: every failure that Aval can report, in every program, over every wire.
 *
 * A code and a name, once released, never change their meaning. docs/errors.md and include/aval/codes.h are made from
 * this table by scripts/errors and checked against it by a test; `aval explain` prints from it.
 *
 *   X(id, code, name, category, http, exit, sentence)
 *
 *   code      number in the C API
 *   name      what denials, logs and --json carry
 *   category  who has to act
 *   http      status with which the host answers
 *   exit      exit status of every command that ends with it
 *   sentence  says what is wrong and what to do; marked for translation (sentences.h)
 */
#ifndef BASE_ERRORS_H
#define BASE_ERRORS_H

/* Exit statuses, the same in every program. */
enum exit_status {
    EXIT_FINE = 0,
    EXIT_BUG = 1,            /* internal error, or no memory */
    EXIT_USAGE = 2,          /* the command line or the configuration is wrong */
    EXIT_INPUT = 3,          /* a file or an answer is not what it should be */
    EXIT_TRUST = 4,          /* a signature, proof or link of the chain of trust does not hold */
    EXIT_FILES = 5,          /* a file, folder or database cannot be read or written */
    EXIT_CONFLICT = 6,       /* another process or an earlier state is in the way */
    EXIT_THRESHOLD = 10,     /* the organisation has too few machines yet */
    EXIT_SEATS = 11,         /* all seats are taken */
    EXIT_BLOCKED = 12,       /* the operator has blocked this machine */
    EXIT_CLOCK = 13,         /* clocks too far apart */
    EXIT_NO_LICENSE = 14,    /* the host has no license for this, or none in force */
    EXIT_SITE_KEY = 15,      /* the host wants a site key that this machine does not have */
    EXIT_NO_HOST = 17,       /* no host could be reached, or none is configured */
    EXIT_BUSY = 18,          /* the host cannot answer now; try again later */
    EXIT_UNLICENSED = 20,    /* `aval status`: not activated */
    EXIT_EXPIRED_GRACE = 21, /* `aval status`: the lease has ended, the grace days are running */
    EXIT_NOTIFICATION = 22   /* `aval status`: all grace is used up */
};

/* clang-format off */
#define ERRORS(X) \
    /* Bugs and resources */ \
    X(INTERNAL, 1, "internal", INTERNAL, 500, EXIT_BUG, \
      N_("Something happened that cannot happen; please report it with the command and its output.")) \
    X(NO_MEMORY, 2, "no-memory", INTERNAL, 503, EXIT_BUG, \
      N_("The system gave no more memory; close other programs or raise the memory limit of this one.")) \
    X(NO_ENTROPY, 3, "no-entropy", INTERNAL, 503, EXIT_BUG, \
      N_("The cryptography library could not start; check that /dev/urandom is there.")) \
    /* Command line and configuration */ \
    X(USAGE, 10, "usage", USAGE, 400, EXIT_USAGE, \
      N_("The command line is not understood; --help shows what is possible.")) \
    X(CONFIG_SYNTAX, 11, "config-syntax", USAGE, 500, EXIT_USAGE, \
      N_("A line of the configuration is neither [section], key = value nor a comment.")) \
    X(CONFIG_UNKNOWN_KEY, 12, "config-unknown-key", USAGE, 500, EXIT_USAGE, \
      N_("The configuration has a key that does not exist; the manual page lists those that do.")) \
    X(CONFIG_BAD_VALUE, 13, "config-bad-value", USAGE, 500, EXIT_USAGE, \
      N_("A value in the configuration is not of the form that its key needs, or out of its range.")) \
    X(NOT_SET_UP, 14, "not-set-up", USAGE, 500, EXIT_USAGE, \
      N_("This folder has not been set up yet; run the init command first.")) \
    X(UNKNOWN_CODE, 15, "unknown-code", USAGE, 404, EXIT_USAGE, \
      N_("There is no error of that name or number; docs/errors.md lists them all.")) \
    X(NOT_FOUND, 16, "not-found", USAGE, 404, EXIT_USAGE, \
      N_("Nothing by that name is known here; the list command shows what is.")) \
    /* Files and processes */ \
    X(FILE_READ, 20, "file-read", FILES, 500, EXIT_FILES, \
      N_("A file cannot be read; check that it exists and that this user may read it.")) \
    X(FILE_WRITE, 21, "file-write", FILES, 503, EXIT_FILES, \
      N_("A file cannot be written; check free space, the mount and the rights of the folder. What was there is unchanged.")) \
    X(FILE_TOO_LARGE, 22, "file-too-large", INPUT, 413, EXIT_INPUT, \
      N_("A file is larger than any document of its kind can be; it is not the file meant.")) \
    X(FILE_EXISTS, 23, "file-exists", CONFLICT, 409, EXIT_CONFLICT, \
      N_("There is something at that place already, and it is not overwritten; move it away or choose another place.")) \
    X(LOCKED, 24, "locked", CONFLICT, 409, EXIT_CONFLICT, \
      N_("Another process is using this folder; wait for it to finish, or stop it.")) \
    X(PORT_IN_USE, 25, "port-in-use", CONFLICT, 500, EXIT_CONFLICT, \
      N_("The address cannot be listened on, most likely because another program does; stop it or choose another port.")) \
    X(STORE_FAILED, 26, "store-failed", FILES, 503, EXIT_FILES, \
      N_("The database cannot be written or read now (full disk, read-only mount, input/output error); nothing acknowledged is lost.")) \
    X(STORE_NEWER, 27, "store-newer", FILES, 500, EXIT_FILES, \
      N_("The database was made by a newer version of this program; it was left untouched. Use that version or newer.")) \
    X(STORE_FOREIGN, 28, "store-foreign", FILES, 500, EXIT_FILES, \
      N_("The file is not a database of this program; it was left untouched.")) \
    X(STORE_ROLLED_BACK, 29, "store-rolled-back", TRUST, 500, EXIT_CONFLICT, \
      N_("The database is older than what has been signed from it: an old copy was restored. Restore the newest, or start a new ledger epoch with `avald recover`.")) \
    X(STORE_CORRUPT, 30, "store-corrupt", FILES, 500, EXIT_FILES, \
      N_("The database does not agree with its own ledger; restore it from a copy.")) \
    X(SECRET_KEY_LOCKED, 31, "secret-key-locked", FILES, 500, EXIT_FILES, \
      N_("The secret key is sealed and the passphrase does not open it; type it again.")) \
    X(CONTROL_REFUSED, 32, "control-refused", FILES, 403, EXIT_FILES, \
      N_("The host's control socket answers only its owner and root; run the command as one of them.")) \
    X(CONTROL_ABSENT, 33, "control-absent", NETWORK, 503, EXIT_NO_HOST, \
      N_("No host is running on this data folder; start it with `avald serve`.")) \
    X(SIGNER_ROOT, 34, "signer-root", TRUST, 500, EXIT_CONFLICT, \
      N_("Signer and host do not get the same root from the leaves of a ledger, so nothing was signed: memory or disk of the host are at fault. `avalctl ledger verify` says whether the disk is.")) \
    X(FILE_KIND, 35, "file-kind", FILES, 500, EXIT_FILES, \
      N_("What is at that place is a pipe, a device or a socket, and no file; remove it and put the file there again.")) \
    X(SIGNER_STATE, 36, "signer-state", TRUST, 500, EXIT_CONFLICT, \
      N_("What the signer keeps of the ledger that it signed is missing, damaged or older than what it signed, so it signs nothing more there. Put the newest file back, or stop the host and begin the ledger anew with `avald recover`.")) \
    X(STATE_OF_SYSTEM, 37, "state-of-system", FILES, 403, EXIT_FILES, \
      N_("This product is activated for the whole machine, and only root changes that; run the command as root.")) \
    /* Documents */ \
    X(TEXT_EMPTY, 40, "text-empty", INPUT, 400, EXIT_INPUT, \
      N_("The document is empty.")) \
    X(TEXT_TRUNCATED, 41, "text-truncated", INPUT, 400, EXIT_INPUT, \
      N_("The document ends too early; it was cut off on its way. Copy it again, whole.")) \
    X(TEXT_TRAILING, 42, "text-trailing", INPUT, 400, EXIT_INPUT, \
      N_("There is something after the end of the document; remove it or copy the document again.")) \
    X(TEXT_NOT_UTF8, 43, "text-not-utf8", INPUT, 400, EXIT_INPUT, \
      N_("The document is not plain UTF-8 text; it was changed on its way, or it is another file.")) \
    X(TEXT_TOO_LONG, 44, "text-too-long", INPUT, 413, EXIT_INPUT, \
      N_("The document, or a line of it, is longer than the format allows.")) \
    X(DOCUMENT_TYPE, 45, "document-type", INPUT, 400, EXIT_INPUT, \
      N_("This is another kind of document than the one needed here.")) \
    X(DOCUMENT_VERSION, 46, "document-version", INPUT, 400, EXIT_INPUT, \
      N_("The document has a version that this program does not know; a newer program is needed.")) \
    X(DOCUMENT_UNKNOWN_KEY, 47, "document-unknown-key", INPUT, 400, EXIT_INPUT, \
      N_("The document has a key that its kind does not have; extensions must begin with x-.")) \
    X(DOCUMENT_DUPLICATE_KEY, 48, "document-duplicate-key", INPUT, 400, EXIT_INPUT, \
      N_("The document says something twice that can be said once.")) \
    X(DOCUMENT_ORDER, 49, "document-order", INPUT, 400, EXIT_INPUT, \
      N_("The lines of the document are not in their order.")) \
    X(DOCUMENT_MISSING_KEY, 50, "document-missing-key", INPUT, 400, EXIT_INPUT, \
      N_("The document lacks a line that its kind must have.")) \
    X(DOCUMENT_VALUE, 51, "document-value", INPUT, 400, EXIT_INPUT, \
      N_("A value in the document is not written as its key needs it, or is out of its range.")) \
    X(DOCUMENT_DATES, 52, "document-dates", INPUT, 400, EXIT_INPUT, \
      N_("The dates or intervals of the document contradict each other.")) \
    X(DOCUMENT_LIMIT, 53, "document-limit", INPUT, 413, EXIT_INPUT, \
      N_("The document lists more than its kind may hold.")) \
    X(BASE64, 54, "base64", INPUT, 400, EXIT_INPUT, \
      N_("A base64 value has a wrong character, wrong padding, a wrong length or spare bits that are not zero.")) \
    X(NOTE_FORM, 55, "note-form", INPUT, 400, EXIT_INPUT, \
      N_("This is not a signed note: text, an empty line and signature lines are needed.")) \
    X(KEY_FORM, 56, "key-form", INPUT, 400, EXIT_INPUT, \
      N_("This is not a key of the form NAME+HASH+BASE64, or its hash does not belong to it.")) \
    X(CHECKPOINT_FORM, 57, "checkpoint-form", INPUT, 400, EXIT_INPUT, \
      N_("This is not a checkpoint: origin, size and root hash are needed, one a line.")) \
    X(PROOF_FORM, 58, "proof-form", INPUT, 400, EXIT_INPUT, \
      N_("This is not a proof of the form c2sp.org/tlog-proof@v1.")) \
    X(PRODUCT_KEY_FORM, 59, "product-key-form", INPUT, 400, EXIT_INPUT, \
      N_("A product key is 25 letters and digits in five groups of five; count them again.")) \
    X(PRODUCT_KEY_MISTYPED, 60, "product-key-mistyped", INPUT, 400, EXIT_INPUT, \
      N_("The product key has a typing error; compare it with the original, group by group.")) \
    X(PRODUCT_KEY_OTHER, 61, "product-key-other", INPUT, 400, EXIT_INPUT, \
      N_("The product key is well formed but belongs to no edition of the installed products; install the right product first.")) \
    /* Trust: each link of the chain has its own name */ \
    X(SIGNER_UNKNOWN, 70, "signer-unknown", TRUST, 403, EXIT_TRUST, \
      N_("None of the signatures is by a key that is trusted here.")) \
    X(SIGNATURE_WRONG, 71, "signature-wrong", TRUST, 403, EXIT_TRUST, \
      N_("The signature does not belong to this text: the text was changed, or it was signed by somebody else.")) \
    X(LICENSE_SIGNER, 72, "license-signer", TRUST, 403, EXIT_TRUST, \
      N_("The license is not signed by the vendor's key that came with the product: this host is not authorised by the vendor.")) \
    X(LICENSE_OTHER_HOST, 73, "license-other-host", TRUST, 403, EXIT_TRUST, \
      N_("The license names another host's key; ask the vendor for a license for this host.")) \
    X(LICENSE_OTHER_VENDOR, 74, "license-other-vendor", TRUST, 403, EXIT_TRUST, \
      N_("The license is by or for another vendor.")) \
    X(LICENSE_OTHER_PRODUCT, 75, "license-other-product", TRUST, 403, EXIT_TRUST, \
      N_("The license is for another product or edition.")) \
    X(LICENSE_NOT_IN_FORCE, 76, "license-not-in-force", TRUST, 403, EXIT_NO_LICENSE, \
      N_("The license is not in force at this time; its dates say from when until when it is.")) \
    X(LICENSE_REVOKED, 77, "license-revoked", TRUST, 403, EXIT_NO_LICENSE, \
      N_("The vendor has revoked this license, the key that signed it, or the key of this host; ask the vendor.")) \
    X(CHECKPOINT_SIGNER, 78, "checkpoint-signer", TRUST, 403, EXIT_TRUST, \
      N_("The checkpoint is not signed by the host key that the license names: the answer is not from the licensed host.")) \
    X(CHECKPOINT_ORIGIN, 79, "checkpoint-origin", TRUST, 403, EXIT_TRUST, \
      N_("The checkpoint is of another ledger than the license's.")) \
    X(PROOF_WRONG, 80, "proof-wrong", TRUST, 403, EXIT_TRUST, \
      N_("The proof does not tie the lease to the signed ledger: the lease was changed, or it was never logged.")) \
    X(CONSISTENCY_WRONG, 81, "consistency-wrong", TRUST, 403, EXIT_TRUST, \
      N_("The host's ledger does not extend the one it showed before: its history was rewritten.")) \
    X(LEASE_OTHER_LICENSE, 82, "lease-other-license", TRUST, 403, EXIT_TRUST, \
      N_("The lease names another license than the one that came with it.")) \
    X(LEASE_OTHER_MACHINE, 83, "lease-other-machine", TRUST, 403, EXIT_TRUST, \
      N_("The lease was given to another machine; activate this one with its own request.")) \
    X(LEASE_OTHER_REQUEST, 84, "lease-other-request", TRUST, 403, EXIT_TRUST, \
      N_("The lease answers another request than the one this machine sent: it was changed on its way, or is a replay.")) \
    X(LEASE_OTHER_PRODUCT, 85, "lease-other-product", TRUST, 403, EXIT_TRUST, \
      N_("The lease is for another product or edition than the one asked for.")) \
    X(LEASE_HARDWARE, 86, "lease-hardware", TRUST, 403, EXIT_TRUST, \
      N_("The lease was given to other hardware: too few of its digests match this machine. Activate again.")) \
    X(LEASE_DATES, 87, "lease-dates", TRUST, 403, EXIT_TRUST, \
      N_("The dates of the lease contradict each other or go beyond what the license allows.")) \
    X(LEASE_NOT_NOW, 88, "lease-not-now", TRUST, 403, EXIT_TRUST, \
      N_("The lease was issued at a time too far from this machine's clock; set the clock and try again.")) \
    X(LEASE_FEATURES, 89, "lease-features", TRUST, 403, EXIT_TRUST, \
      N_("The lease grants a feature that the license does not have.")) \
    X(REVOCATIONS_OLDER, 90, "revocations-older", CONFLICT, 409, EXIT_CONFLICT, \
      N_("A newer list of revocations is known already; the older one was not taken.")) \
    X(LEASE_ENDS_EARLIER, 95, "lease-ends-earlier", TRUST, 403, EXIT_TRUST, \
      N_("The lease would end before the one in force, so it was not taken; the one in force stays.")) \
    X(LEASE_OTHER_HOST, 96, "lease-other-host", TRUST, 403, EXIT_TRUST, \
      N_("The lease is by another host, under another license than the one in force, so it was not taken; release that one first to change hosts.")) \
    X(EPOCH_UNSEEN, 97, "epoch-unseen", TRUST, 403, EXIT_TRUST, \
      N_("The host has begun its ledger again, and the lease does not carry what this machine saw of the one before; the machine asks again by itself.")) \
    /* Denials: the host's answers, each with the numbers behind it */ \
    X(BELOW_THRESHOLD, 100, "below-threshold", DENIAL, 409, EXIT_THRESHOLD, \
      N_("Too few machines have asked this host so far; this one has been counted. It activates by itself once the threshold is reached.")) \
    X(NO_SEATS, 101, "no-seats", DENIAL, 409, EXIT_SEATS, \
      N_("All seats of the license are taken; release a machine that is not needed, or buy more seats.")) \
    X(MACHINE_BLOCKED, 102, "machine-blocked", DENIAL, 403, EXIT_BLOCKED, \
      N_("The operator of the host has blocked this machine; ask the operator.")) \
    X(CLOCK_APART, 103, "clock-apart", DENIAL, 409, EXIT_CLOCK, \
      N_("The clocks of machine and host are more than four hours apart; set the wrong one and try again.")) \
    X(NO_LICENSE, 104, "no-license", DENIAL, 404, EXIT_NO_LICENSE, \
      N_("The host has no license for this product and edition; the operator imports one with `avald import`.")) \
    X(NOT_YET_VALID, 105, "not-yet-valid", DENIAL, 409, EXIT_NO_LICENSE, \
      N_("The host's license for this product begins later; try again then.")) \
    X(LICENSE_ENDED, 106, "license-ended", DENIAL, 409, EXIT_NO_LICENSE, \
      N_("The host's license for this product has ended; the operator needs a new one from the vendor.")) \
    X(NUMBER_USED, 107, "number-used", DENIAL, 409, EXIT_CONFLICT, \
      N_("The host has heard this very request before, or something newer of this machine, which goes on with a higher number by itself. Where this comes again and again, two machines have the same key.")) \
    X(RELEASE_NOTHING, 108, "release-nothing", DENIAL, 404, EXIT_NO_LICENSE, \
      N_("This machine holds no lease at this host, so there is nothing to release.")) \
    X(HOST_STORAGE, 109, "host-storage", DENIAL, 503, EXIT_BUSY, \
      N_("The host cannot write its database now, so it grants nothing; the operator finds the reason in its log. Try again later.")) \
    X(HOST_BUSY, 110, "host-busy", DENIAL, 503, EXIT_BUSY, \
      N_("The host has more requests than it can take now; try again later.")) \
    X(HOST_SIGNER, 111, "host-signer", DENIAL, 503, EXIT_BUSY, \
      N_("The host's signer is not answering, so it grants nothing; it is being restarted. Try again later.")) \
    X(REQUEST_REFUSED, 112, "request-refused", DENIAL, 400, EXIT_INPUT, \
      N_("The host did not understand the request; machine and host may be of different versions.")) \
    X(REQUEST_TOO_LARGE, 113, "request-too-large", DENIAL, 413, EXIT_INPUT, \
      N_("The request is larger than any request can be.")) \
    X(NO_SUCH_PAGE, 114, "no-such-page", DENIAL, 404, EXIT_INPUT, \
      N_("The host has nothing at this address; perhaps it is not an Aval activation host.")) \
    X(WRONG_METHOD, 115, "wrong-method", DENIAL, 405, EXIT_INPUT, \
      N_("This address is asked with another HTTP method.")) \
    X(HOST_CLOCK, 116, "host-clock", DENIAL, 503, EXIT_BUSY, \
      N_("The host's clock is, or was, more than four hours wrong, so it grants nothing for this vendor; nothing is wrong with this machine. The operator finds the way out with `avalctl status`. Try again later.")) \
    X(REQUEST_OTHER_HOST, 117, "request-other-host", DENIAL, 409, EXIT_TRUST, \
      N_("The request names another host key than this host has for the vendor; the machine asks for the new one by itself.")) \
    X(HOST_RESTORED, 118, "host-restored", DENIAL, 503, EXIT_BUSY, \
      N_("The host was shown its own signature on entries that its database does not have: it runs from an old copy, so it grants nothing for this vendor; nothing is wrong with this machine. The operator finds the way out with `avalctl status`. Try again later.")) \
    X(ASKED_TOO_OFTEN, 119, "asked-too-often", DENIAL, 429, EXIT_BUSY, \
      N_("This machine has given back several leases just now, so the next one is granted a little later; it asks again by itself.")) \
    /* The machine's side */ \
    X(NO_PRODUCT, 120, "no-product", STATE, 404, EXIT_USAGE, \
      N_("No product is installed here; install its document with `aval product install FILE --vendor-key KEY`.")) \
    X(NO_PRODUCT_KEY, 121, "no-product-key", STATE, 404, EXIT_USAGE, \
      N_("No product key is installed; type it with `aval key install KEY`.")) \
    X(NO_HOST_KNOWN, 122, "no-host-known", STATE, 404, EXIT_NO_HOST, \
      N_("No activation host is known; name one with `aval host set HOST`, or have DNS name it (`aval host discover`).")) \
    X(NO_LEASE, 123, "no-lease", STATE, 404, EXIT_UNLICENSED, \
      N_("This machine is not activated; run `aval activate`.")) \
    X(HOST_UNREACHABLE, 124, "host-unreachable", NETWORK, 502, EXIT_NO_HOST, \
      N_("The host could not be reached; check its name, its port and the network between.")) \
    X(HOST_TIMEOUT, 125, "host-timeout", NETWORK, 504, EXIT_NO_HOST, \
      N_("The host did not answer in time; it may be overloaded, or something between drops the connection.")) \
    X(HOST_ANSWER, 126, "host-answer", NETWORK, 502, EXIT_NO_HOST, \
      N_("What answered is not an Aval activation host, or it is broken: the answer makes no sense.")) \
    X(STATE_BROKEN, 127, "state-broken", STATE, 500, EXIT_FILES, \
      N_("A file in the state folder is not what was written there; install the product again and activate.")) \
    X(LEASE_EXPIRED, 128, "lease-expired", STATE, 403, EXIT_UNLICENSED, \
      N_("The lease has ended; activate again.")) \
    X(STATE_CHANGED, 129, "state-changed", CONFLICT, 409, EXIT_CONFLICT, \
      N_("Somebody else changed what this was about while the host was asked, so its answer was not stored; look at the status and try again.")) \
    X(NUMBERS_USED_UP, 130, "numbers-used-up", STATE, 500, EXIT_FILES, \
      N_("No number is left for what this machine's key signs, which no renewing leads to; remove the file secret/VENDOR from the state folder, and the machine takes a new key and another seat.")) \
    /* The vendor's audit of a ledger */ \
    X(AUDIT_ROOT, 140, "audit-root", TRUST, 403, EXIT_TRUST, \
      N_("The leaves of the export do not give the root that its checkpoint signs: a lease was changed, left out or added.")) \
    X(AUDIT_GAP, 141, "audit-gap", INPUT, 409, EXIT_INPUT, \
      N_("The export begins later than the last audit ended, so that leases between would go unseen; export from that size on, or the whole ledger.")) \
    X(AUDIT_LEAF, 142, "audit-leaf", TRUST, 403, EXIT_TRUST, \
      N_("A leaf of the ledger is neither a lease nor a release nor a seat reclaimed as they are written.")) \
    X(AUDIT_TIMES, 143, "audit-times", TRUST, 403, EXIT_TRUST, \
      N_("A lease or release is dated before the one that stands in front of it, or too far from what its machine asked: it was back-dated.")) \
    X(AUDIT_LICENSE_UNKNOWN, 144, "audit-license-unknown", TRUST, 403, EXIT_TRUST, \
      N_("A lease or release names a license that this desk has not signed for this host.")) \
    X(AUDIT_TERMS, 145, "audit-terms", TRUST, 403, EXIT_TRUST, \
      N_("A lease differs from its license in vendor, product, edition, mode or intervals.")) \
    X(AUDIT_DATES, 146, "audit-dates", TRUST, 403, EXIT_TRUST, \
      N_("A lease was issued outside the dates of its license, or lasts longer than it allows.")) \
    X(AUDIT_FEATURES, 147, "audit-features", TRUST, 403, EXIT_TRUST, \
      N_("A lease grants a feature that its license does not have.")) \
    X(AUDIT_SEATS, 148, "audit-seats", TRUST, 403, EXIT_TRUST, \
      N_("A lease was issued though all seats of its license, with the overage, were taken.")) \
    X(AUDIT_RELEASE, 149, "audit-release", TRUST, 403, EXIT_TRUST, \
      N_("A release is of a machine that holds no lease, or of none that is older than it.")) \
    X(AUDIT_HARDWARE, 150, "audit-hardware", TRUST, 403, EXIT_TRUST, \
      N_("A machine's lease describes other hardware than the one by which its seat is held: one seat was used for two machines.")) \
    X(AUDIT_NUMBER, 151, "audit-number", TRUST, 403, EXIT_TRUST, \
      N_("A machine's requests stand in the ledger out of the order of their numbers: an old one was used again, or two machines have one key.")) \
    X(AUDIT_FINDINGS, 152, "audit-findings", TRUST, 403, EXIT_TRUST, \
      N_("The ledger is whole, but not all of it is within the terms of the licenses; the findings say which leases.")) \
    /* A host's own ledger */ \
    X(NOTHING_LOST, 153, "nothing-lost", CONFLICT, 409, EXIT_CONFLICT, \
      N_("The database has all that was signed from it, so there is no reason to begin a new ledger epoch.")) \
    X(LEDGER_NOT_SIGNED, 154, "ledger-not-signed", TRUST, 403, EXIT_TRUST, \
      N_("What the database holds of a ledger is not what was signed, or not all of it; restore it from a copy, or begin a new ledger epoch with `avald recover`.")) \
    X(BACKUP_DAMAGED, 155, "backup-damaged", INPUT, 400, EXIT_INPUT, \
      N_("The backup is not as it was written: it was changed, or cut off. Use another one.")) \
    /* More of the audit */ \
    X(AUDIT_SHORT, 156, "audit-short", INPUT, 409, EXIT_INPUT, \
      N_("The export ends before a checkpoint that its host signed: it is an older one, or leaves were taken out since. Have the whole ledger exported anew.")) \
    X(AUDIT_REQUEST, 157, "audit-request", TRUST, 403, EXIT_TRUST, \
      N_("A leaf carries a request or release that its machine did not sign, or that was meant for another host: the host invented it.")) \
    X(AUDIT_SEEN, 158, "audit-seen", TRUST, 403, EXIT_TRUST, \
      N_("A machine has seen another ledger of this host than this one, signed by its key.")) \
    X(AUDIT_RECLAIM, 159, "audit-reclaim", TRUST, 403, EXIT_TRUST, \
      N_("A seat was reclaimed of a lease that its machine does not hold, so it is not free: it counts as held until the lease ends.")) \
    X(AUDIT_COPY, 160, "audit-copy", TRUST, 403, EXIT_TRUST, \
      N_("The host's key has signed two trees of an epoch that it has ended since: an old copy of its data folder has served, or a second host from it. The signatures do not tell whether by mistake or on purpose.")) \
    X(DOCUMENT_SEVERAL, 165, "document-several", INPUT, 400, EXIT_INPUT, \
      N_("The file holds several documents; give each in a file of its own.")) \
    X(ADDRESS_ABSENT, 166, "address-absent", NETWORK, 503, EXIT_BUSY, \
      N_("The system does not have the address that is to be listened on; perhaps its network is not up yet. Start again then, or choose another address.")) \
    X(PORT_FORBIDDEN, 167, "port-forbidden", USAGE, 403, EXIT_USAGE, \
      N_("The system does not let this user listen on that port; choose one from 1024 on, or give the service the right (CAP_NET_BIND_SERVICE).")) \
    X(NETWORK_NOT_LISTED, 168, "network-not-listed", DENIAL, 403, EXIT_NO_HOST, \
      N_("The host answers the networks that its operator has listed, and this machine asks from another; the operator adds it (networks in avald.conf), or the machine asks from its own network.")) \
    X(TOO_MANY_NEW, 169, "too-many-new", DENIAL, 429, EXIT_BUSY, \
      N_("More machines that the host does not know yet have asked it than it takes; those that it knows go on as ever. The machine asks again by itself.")) \
    /* Seats */ \
    X(RECLAIM_NOTHING, 170, "reclaim-nothing", CONFLICT, 409, EXIT_CONFLICT, \
      N_("There is no seat to be reclaimed from this machine: it holds none.")) \
    /* The site key */ \
    X(SITE_KEY_REQUIRED, 172, "site-key-required", DENIAL, 403, EXIT_SITE_KEY, \
      N_("This host answers only machines that have its organisation's site key, and this one has none. Get its file from the operator, set it with `aval site-key set FILE`, as root for the whole machine, and activate again; a lease in force stays so until its end.")) \
    X(SITE_KEY_WRONG, 173, "site-key-wrong", DENIAL, 403, EXIT_SITE_KEY, \
      N_("The site key of this machine is not this host's, or no longer. Get the file of the present one from the operator, set it with `aval site-key set FILE`, as root for the whole machine, and activate again; a lease in force stays so until its end.")) \
    X(SITE_KEY_ABSENT, 174, "site-key-absent", USAGE, 503, EXIT_USAGE, \
      N_("The configuration requires a site key ([site] required = yes), and the host has none that holds, so no machine is given anything. Where there is a copy of it, in a backup or on a machine, put it back with `avald site-key set FILE`; otherwise make one with `avald site-key new`, or do not require it.")) \
    /* Licenses that follow each other */ \
    X(LICENSE_REPLACED, 180, "license-replaced", CONFLICT, 409, EXIT_CONFLICT, \
      N_("Another license has taken, or takes, the place of this one; use that one.")) \
    X(KEY_RANK, 181, "key-rank", TRUST, 403, EXIT_TRUST, \
      N_("The vendor's key that signed this may not do that: the spare key revokes the one in use, and names the next spare, and never the other way round. It was not taken; ask the vendor.")) \
    X(SIGNER_KEY, 189, "signer-key", FILES, 500, EXIT_FILES, \
      N_("The signer has no key for this ledger: its file is missing or damaged. Put it back from a backup and reload; where there is none, the vendor signs new licenses for a new key.")) \
    /* Modes of licenses and product keys */ \
    X(LICENSE_OTHER_MODE, 190, "license-other-mode", TRUST, 403, EXIT_TRUST, \
      N_("The license is counted where a volume key asked, or the reverse; a product key gives leases of its own mode alone.")) \
    X(COUNTED_ONLY, 191, "counted-only", DENIAL, 409, EXIT_NO_LICENSE, \
      N_("This machine has a volume key, and the host has a counted license alone for this product and edition; install the counted product key with `aval key install`, or have the operator import a volume license.")) \
    X(VOLUME_ONLY, 192, "volume-only", DENIAL, 409, EXIT_NO_LICENSE, \
      N_("This machine has a counted product key, and the host has a volume license alone for this product and edition; install the volume key with `aval key install`, or have the operator import a counted license.")) \
    /* Old entries of ledgers. */ \
    X(ARCHIVE_MISSING, 193, "archive-missing", FILES, 503, EXIT_FILES, \
      N_("A file of the ledger's archive is missing or cannot be read. Put it back from a copy.")) \
    X(ARCHIVE_DAMAGED, 194, "archive-damaged", FILES, 503, EXIT_FILES, \
      N_("A file of the ledger's archive does not hold the entries that were signed. Put it back from a copy.")) \
    X(ARCHIVE_OTHER, 195, "archive-other", CONFLICT, 409, EXIT_CONFLICT, \
      N_("Another archive is in the way, or the one that there is has not been copied there. Nothing was overwritten.")) \
    X(ANSWER_CUT, 196, "answer-cut", NETWORK, 502, EXIT_NO_HOST, \
      N_("The host ended its answer early, and what came is not whole. Its log says why.")) \
    /* Machines that are not the one that they were */ \
    X(OTHER_HARDWARE, 197, "other-hardware", DENIAL, 409, EXIT_CONFLICT, \
      N_("This machine's key has a lease that describes another computer, and one seat is for one machine. Give it back there with `aval release`, or have the operator take it back (`avalctl reclaim`, then `avalctl unblock`).")) \
    /* Finding hosts */ \
    X(NAME_SERVERS, 200, "name-servers", NETWORK, 504, EXIT_NO_HOST, \
      N_("The name servers did not answer, or could not. Where the host's address is known, `aval host set ADDRESS` needs none of them.")) \
    X(NO_HOST_HERE, 201, "no-host-here", STATE, 404, EXIT_NO_HOST, \
      N_("DNS says that this domain has no activation host, on purpose; name one with `aval host set HOST`, or ask whoever runs the network.")) \
    X(HOST_CERTIFICATE, 202, "host-certificate", NETWORK, 502, EXIT_NO_HOST, \
      N_("The certificate of the host is not believed, so it was told nothing. Name the authority that signed it with AVAL_CA, or have it among those that this machine trusts.")) \
    /* Kits */ \
    X(KIT_EMPTY, 203, "kit-empty", STATE, 409, EXIT_NO_LICENSE, \
      N_("There is nothing to put into a kit: it takes a product document (`avald import FILE`; the vendor has it) and a license for it that is in force.")) \
    X(KIT_VENDOR_KEY, 204, "kit-vendor-key", TRUST, 403, EXIT_TRUST, \
      N_("The product is installed here with another vendor key than the kit has, and a kit never replaces whom a machine believes. Ask the vendor which one is his; `aval product install FILE --vendor-key KEY` installs it on purpose.")) \
    /* File systems without rights */ \
    X(FILE_MODES, 212, "file-modes", FILES, 500, EXIT_FILES, \
      N_("Others could read or change what is to be written, since the mount of this folder fixes the rights of files. Mount it so that its owner alone has any (umask=077, or file_mode=0600,dir_mode=0700), or use a folder elsewhere (--state FOLDER, --data FOLDER).")) \
    /* Files that are carried */ \
    X(FILE_TOO_OLD, 217, "file-too-old", DENIAL, 409, EXIT_CLOCK, \
      N_("The machine made this file more than 30 days ago by its clock, so it is answered no more; make a new one with `aval request`.")) \
    X(NOTHING_AWAITED, 218, "nothing-awaited", STATE, 409, EXIT_USAGE, \
      N_("No request of this machine waits for an answer: none was made with `aval request`, or its answer was accepted already (`aval status` says).")) \
    X(HOST_NOT_INTRODUCED, 219, "host-not-introduced", STATE, 404, EXIT_NO_HOST, \
      N_("This machine knows no host that its request could be for. The operator writes a file with `avalctl introduce VENDOR/PRODUCT/EDITION`; give it with `aval request --license FILE`.")) \
    /* Machines whose platform says who they are */ \
    X(IDENTITY_FORM, 224, "identity-form", USAGE, 400, EXIT_USAGE, \
      N_("The identity that was handed in for this machine (AVAL_MACHINE_ID, --identity, or by the product) is none. It is a line of printable text of 1 to 255 bytes, such as the id of a container or of a cloud's instance; leave it out altogether where the hardware is to say which machine this is.")) \
    /* Libraries that are opened when they are first needed */ \
    X(LIBRARY_MISSING, 230, "library-missing", STATE, 500, EXIT_NO_HOST, \
      N_("A library that is opened when it is first needed is not on this machine: libcurl for asking hosts, c-ares for finding them by DNS. Install it, as packages libcurl3-gnutls and libc-ares2 on Debian; a lease in force stays in force."))
/* clang-format on */

#endif
