/*
 * Codes of libaval: the same as in denials, logs and --json. Once released, a code never changes its meaning.
 * docs/errors.md says what each means and what to do. Made from the one error table by scripts/errors --write.
 */
#ifndef AVAL_CODES_H
#define AVAL_CODES_H

enum aval_code {
    AVAL_OK = 0,
    AVAL_INTERNAL = 1,                /* internal */
    AVAL_NO_MEMORY = 2,               /* no-memory */
    AVAL_NO_ENTROPY = 3,              /* no-entropy */
    AVAL_USAGE = 10,                  /* usage */
    AVAL_CONFIG_SYNTAX = 11,          /* config-syntax */
    AVAL_CONFIG_UNKNOWN_KEY = 12,     /* config-unknown-key */
    AVAL_CONFIG_BAD_VALUE = 13,       /* config-bad-value */
    AVAL_NOT_SET_UP = 14,             /* not-set-up */
    AVAL_UNKNOWN_CODE = 15,           /* unknown-code */
    AVAL_NOT_FOUND = 16,              /* not-found */
    AVAL_FILE_READ = 20,              /* file-read */
    AVAL_FILE_WRITE = 21,             /* file-write */
    AVAL_FILE_TOO_LARGE = 22,         /* file-too-large */
    AVAL_FILE_EXISTS = 23,            /* file-exists */
    AVAL_LOCKED = 24,                 /* locked */
    AVAL_PORT_IN_USE = 25,            /* port-in-use */
    AVAL_STORE_FAILED = 26,           /* store-failed */
    AVAL_STORE_NEWER = 27,            /* store-newer */
    AVAL_STORE_FOREIGN = 28,          /* store-foreign */
    AVAL_STORE_ROLLED_BACK = 29,      /* store-rolled-back */
    AVAL_STORE_CORRUPT = 30,          /* store-corrupt */
    AVAL_SECRET_KEY_LOCKED = 31,      /* secret-key-locked */
    AVAL_CONTROL_REFUSED = 32,        /* control-refused */
    AVAL_CONTROL_ABSENT = 33,         /* control-absent */
    AVAL_TEXT_EMPTY = 40,             /* text-empty */
    AVAL_TEXT_TRUNCATED = 41,         /* text-truncated */
    AVAL_TEXT_TRAILING = 42,          /* text-trailing */
    AVAL_TEXT_NOT_UTF8 = 43,          /* text-not-utf8 */
    AVAL_TEXT_TOO_LONG = 44,          /* text-too-long */
    AVAL_DOCUMENT_TYPE = 45,          /* document-type */
    AVAL_DOCUMENT_VERSION = 46,       /* document-version */
    AVAL_DOCUMENT_UNKNOWN_KEY = 47,   /* document-unknown-key */
    AVAL_DOCUMENT_DUPLICATE_KEY = 48, /* document-duplicate-key */
    AVAL_DOCUMENT_ORDER = 49,         /* document-order */
    AVAL_DOCUMENT_MISSING_KEY = 50,   /* document-missing-key */
    AVAL_DOCUMENT_VALUE = 51,         /* document-value */
    AVAL_DOCUMENT_DATES = 52,         /* document-dates */
    AVAL_DOCUMENT_LIMIT = 53,         /* document-limit */
    AVAL_BASE64 = 54,                 /* base64 */
    AVAL_NOTE_FORM = 55,              /* note-form */
    AVAL_KEY_FORM = 56,               /* key-form */
    AVAL_CHECKPOINT_FORM = 57,        /* checkpoint-form */
    AVAL_PROOF_FORM = 58,             /* proof-form */
    AVAL_PRODUCT_KEY_FORM = 59,       /* product-key-form */
    AVAL_PRODUCT_KEY_MISTYPED = 60,   /* product-key-mistyped */
    AVAL_PRODUCT_KEY_OTHER = 61,      /* product-key-other */
    AVAL_SIGNER_UNKNOWN = 70,         /* signer-unknown */
    AVAL_SIGNATURE_WRONG = 71,        /* signature-wrong */
    AVAL_LICENSE_SIGNER = 72,         /* license-signer */
    AVAL_LICENSE_OTHER_HOST = 73,     /* license-other-host */
    AVAL_LICENSE_OTHER_VENDOR = 74,   /* license-other-vendor */
    AVAL_LICENSE_OTHER_PRODUCT = 75,  /* license-other-product */
    AVAL_LICENSE_NOT_IN_FORCE = 76,   /* license-not-in-force */
    AVAL_LICENSE_REVOKED = 77,        /* license-revoked */
    AVAL_CHECKPOINT_SIGNER = 78,      /* checkpoint-signer */
    AVAL_CHECKPOINT_ORIGIN = 79,      /* checkpoint-origin */
    AVAL_PROOF_WRONG = 80,            /* proof-wrong */
    AVAL_CONSISTENCY_WRONG = 81,      /* consistency-wrong */
    AVAL_LEASE_OTHER_LICENSE = 82,    /* lease-other-license */
    AVAL_LEASE_OTHER_MACHINE = 83,    /* lease-other-machine */
    AVAL_LEASE_OTHER_NONCE = 84,      /* lease-other-nonce */
    AVAL_LEASE_OTHER_PRODUCT = 85,    /* lease-other-product */
    AVAL_LEASE_HARDWARE = 86,         /* lease-hardware */
    AVAL_LEASE_DATES = 87,            /* lease-dates */
    AVAL_LEASE_NOT_NOW = 88,          /* lease-not-now */
    AVAL_LEASE_FEATURES = 89,         /* lease-features */
    AVAL_REVOCATIONS_OLDER = 90,      /* revocations-older */
    AVAL_BELOW_THRESHOLD = 100,       /* below-threshold */
    AVAL_NO_SEATS = 101,              /* no-seats */
    AVAL_MACHINE_BLOCKED = 102,       /* machine-blocked */
    AVAL_CLOCK_APART = 103,           /* clock-apart */
    AVAL_NO_LICENSE = 104,            /* no-license */
    AVAL_NOT_YET_VALID = 105,         /* not-yet-valid */
    AVAL_LICENSE_ENDED = 106,         /* license-ended */
    AVAL_RELEASE_SECRET = 107,        /* release-secret */
    AVAL_RELEASE_NOTHING = 108,       /* release-nothing */
    AVAL_HOST_STORAGE = 109,          /* host-storage */
    AVAL_HOST_BUSY = 110,             /* host-busy */
    AVAL_HOST_SIGNER = 111,           /* host-signer */
    AVAL_REQUEST_REFUSED = 112,       /* request-refused */
    AVAL_REQUEST_TOO_LARGE = 113,     /* request-too-large */
    AVAL_NO_SUCH_PAGE = 114,          /* no-such-page */
    AVAL_WRONG_METHOD = 115,          /* wrong-method */
    AVAL_NO_PRODUCT = 120,            /* no-product */
    AVAL_NO_PRODUCT_KEY = 121,        /* no-product-key */
    AVAL_NO_HOST_KNOWN = 122,         /* no-host-known */
    AVAL_NO_LEASE = 123,              /* no-lease */
    AVAL_HOST_UNREACHABLE = 124,      /* host-unreachable */
    AVAL_HOST_TIMEOUT = 125,          /* host-timeout */
    AVAL_HOST_ANSWER = 126,           /* host-answer */
    AVAL_STATE_BROKEN = 127,          /* state-broken */
    AVAL_LEASE_EXPIRED = 128,         /* lease-expired */
    AVAL_AUDIT_ROOT = 140,            /* audit-root */
    AVAL_AUDIT_GAP = 141,             /* audit-gap */
    AVAL_AUDIT_LEAF = 142,            /* audit-leaf */
    AVAL_AUDIT_TIMES = 143,           /* audit-times */
    AVAL_AUDIT_LICENSE_UNKNOWN = 144, /* audit-license-unknown */
    AVAL_AUDIT_TERMS = 145,           /* audit-terms */
    AVAL_AUDIT_DATES = 146,           /* audit-dates */
    AVAL_AUDIT_FEATURES = 147,        /* audit-features */
    AVAL_AUDIT_SEATS = 148,           /* audit-seats */
    AVAL_AUDIT_RELEASE = 149,         /* audit-release */
    AVAL_AUDIT_HARDWARE = 150,        /* audit-hardware */
    AVAL_AUDIT_NONCE = 151,           /* audit-nonce */
    AVAL_AUDIT_FINDINGS = 152,        /* audit-findings */
};

#endif
