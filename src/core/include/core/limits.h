/* Every limit on what a stranger can send, by name. Sizes of text count bytes; those ending in _SIZE include the final
 * zero of the array that holds the text. */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

enum {
    NAME_SIZE = 64,       /* vendor, product, edition, feature and license ids */
    HOST_NAME_SIZE = 128, /* name of an activation host */
    KEY_NAME_SIZE = 224,  /* name of a key: HOST/VENDOR; origin of a ledger: that, or HOST/VENDOR/epoch-N */
    TEXT_SIZE = 129,      /* names for people: customer, product title */

    FEATURES_MAX = 32,
    FEATURE_VALUE_SIZE = 64, /* "4k" */
    REPLACES_MAX = 16,       /* licenses that one replaces */
    EDITIONS_MAX = 32,
    VENDOR_KEYS_MAX = 8,   /* of one vendor: in use, spare, and former ones */
    LICENSE_HOSTS_MAX = 8, /* host keys of one license */
    HARDWARE_MAX = 8,
    HARDWARE_KIND_SIZE = 16, /* "board", "uuid", ... */
    REVOKED_MAX = 1024,
    SHOWN_MAX = 8,             /* checkpoints that a host was shown and does not have, one of each epoch */
    EXTENSIONS_SIZE = 1025,    /* all x- lines of a document together */
    DENIAL_MESSAGE_SIZE = 384, /* a sentence */
    LABEL_SIZE = 129,          /* what an operator calls a machine */
    ABOUT_VERSION_SIZE = 64,
    ABOUT_DATA_MAX = 8, /* what a product attaches */
    ABOUT_KEY_SIZE = 32,

    DOCUMENT_MAX = 128 * 1024,    /* the text of any document, without signatures */
    SIGNATURES_SIZE = 128 * 1024, /* room for signatures of others on a note: 16 post-quantum ones of 5 kB, and more */
    NOTE_MAX = DOCUMENT_MAX + SIGNATURES_SIZE, /* any note */
    NOTE_SIGNATURES_MAX = 100,

    /* Notes that are checkpoints. */
    CHECKPOINT_NOTE_MAX =
        SIGNATURES_SIZE + 1024, /* whoever's, with the signatures of others: in a proof, an export, evidence */
    SIGNED_NOTE_MAX = 4096,     /* as a host's signer makes it, and its store keeps it */
    PUBLISHED_NOTE_SIZE = 1024, /* as a host shows it: its own signature and no other */

    MACHINE_NOTE_MAX = 4096,   /* what a machine signs: a request or a release, with its signature */
    ABOUT_NOTE_MAX = 3072,     /* what it signs beside a request */
    LEAF_MAX = 10240,          /* a leaf of a ledger: a lease or a release with what the machine signed, or an epoch */
    PROOF_PATH_MAX = 63,       /* hashes of an inclusion proof, 2^63 leaves */
    CONSISTENCY_PATH_MAX = 64, /* hashes of a consistency proof */
    PROOF_MAX = CHECKPOINT_NOTE_MAX + 20 * 1024, /* a tlog-proof file with its checkpoint */
    REQUEST_MAX = 8 * 1024,                      /* body of any request to a host */
    ANSWER_MAX = PROOF_MAX + 8 * 1024,           /* body of any answer of a host but a license */
};

#endif
