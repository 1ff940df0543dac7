/*
 * The documents of Aval: `aval TYPE vN`, then `key value` lines in one fixed order.
 *
 * Always: write(read(b)) = b and read(write(x)) = x. A document holds plain values and no pointers, so that it is
 * copied by assignment and freed by nobody. Readers refuse everything else with the line at which it stands:
 * DOCUMENT_TYPE, DOCUMENT_VERSION, DOCUMENT_UNKNOWN_KEY, DOCUMENT_DUPLICATE_KEY, DOCUMENT_ORDER, DOCUMENT_MISSING_KEY,
 * DOCUMENT_VALUE, DOCUMENT_DATES, DOCUMENT_LIMIT, BASE64, KEY_FORM, TEXT_*. Writers append to a buffer and report by
 * its sticky state; a document that its reader would refuse is refused by its writer too, with the same error.
 *
 * Ids are 1 to 63 of a-z, 0-9, '.', '-', '_', beginning and ending with a letter or digit. Texts for people are UTF-8
 * of 1 to 128 bytes without control characters and without space at either end. All functions are pure and thread-safe.
 */
#ifndef CORE_DOCUMENTS_DOCUMENTS_H
#define CORE_DOCUMENTS_DOCUMENTS_H

#include "base/buffer.h"
#include "base/hash.h"
#include "base/time.h"
#include "core/documents/product_key.h"
#include "core/tlog/checkpoint.h"

enum { MACHINE_ID_SIZE = 16, MACHINE_ID_TEXT_SIZE = 33, DIGEST_SIZE = 16 };

/* The first bytes of SHA-256 of the public half of the machine's key, whose name it is. */
struct machine_id {
    uint8_t bytes[MACHINE_ID_SIZE]; /* written as 32 hex digits */
};

/* What a document says beyond its version: lines `x-KEY VALUE`, after all others, in ascending order of the keys. */
struct extensions {
    char lines[EXTENSIONS_SIZE]; /* each with its newline; "" for none */
};

/* Lines `feature ID` or `feature ID VALUE`, ascending by id. */
struct features {
    size_t count;
    char names[FEATURES_MAX][NAME_SIZE];
    char values[FEATURES_MAX][FEATURE_VALUE_SIZE]; /* texts for people of that size; "" without one */
};
bool features_have(const struct features *features, const char *name);
/* The value of a feature, "" where it has none; NULL where it is not among them. Borrowed. */
const char *features_value(const struct features *features, const char *name);
/* Whether all of `inner` are in `outer`, each with the same value. */
bool features_within(const struct features *inner, const struct features *outer);
/* Puts a feature, written `ID` or `ID=VALUE`, in its place; DOCUMENT_DUPLICATE_KEY, DOCUMENT_LIMIT, DOCUMENT_VALUE. */
RESULT features_add(struct features *features, struct slice text);
/* Writes feature `i` that way. */
enum { FEATURE_TEXT_SIZE = NAME_SIZE + FEATURE_VALUE_SIZE };
void features_write(const struct features *features, size_t i, char text[static FEATURE_TEXT_SIZE]);

/* Lines `hardware KIND BASE64`, ascending by kind and digest: digests that only this machine can tell the meaning of.
 * Several of one kind, such as a machine's disks, are one source: it is as it was while one of them is. */
struct hardware {
    size_t count;
    struct hardware_digest {
        char kind[HARDWARE_KIND_SIZE];
        uint8_t digest[DIGEST_SIZE];
    } digests[HARDWARE_MAX];
};
/* Whether `now` is the machine that `then` described: of at least two kinds a digest is equal, or of each where it
 * described fewer than three. */
bool hardware_matches(const struct hardware *then, const struct hardware *now);
/* The same in numbers of kinds: how many were described, how many are equal, and how many must be. */
size_t hardware_kind_count(const struct hardware *hardware);
size_t hardware_equal_count(const struct hardware *then, const struct hardware *now);
size_t hardware_equal_least(const struct hardware *then);
/* Of what was described, what a reader can look at who may not look at the kinds `unreadable` (NULL: none such). */
struct hardware hardware_readable(const struct hardware *described, const struct hardware *unreadable);
/* By which two descriptions that are the same are known to be: the first bytes of their SHA-256. All zero is none. */
struct hardware_mark {
    uint8_t bytes[16];
};
struct hardware_mark hardware_mark(const struct hardware *hardware);
bool hardware_mark_equal(const struct hardware_mark *one, const struct hardware_mark *other);
/* Whether it describes one machine and no other: by two kinds at least, or by an identity that the machine's platform
 * has handed in, whose kind is HARDWARE_IDENTITY. */
#define HARDWARE_IDENTITY "identity"
bool hardware_suffices(const struct hardware *hardware);
/* Whether the text is a kind of hardware: small letters, as many as there is room for. DOCUMENT_VALUE. */
RESULT hardware_kind_check(struct slice text);

/* Whether the text is an id, or a text for people; DOCUMENT_VALUE. */
RESULT id_check(struct slice text);
RESULT text_check(struct slice text);
/* The same with limits of their own, in bytes. */
RESULT name_check(struct slice text, size_t max);
RESULT printable_check(struct slice text, size_t max);
/* Host names: ids of up to 127 bytes. */
RESULT host_name_check(struct slice text);
/* A host's key is named HOST/VENDOR, a host name and an id. Takes such a name apart, into what it lends; DOCUMENT_VALUE
 * for any other. */
RESULT host_key_name_read(const char *name, struct slice *ret_host, struct slice *ret_vendor);
/* Writes the name. DOCUMENT_VALUE where one of the two is not what it should be. */
RESULT host_key_name_write(struct slice host, struct slice vendor, char ret_name[static KEY_NAME_SIZE]);
RESULT machine_id_read(struct slice text, struct machine_id *ret_id);
void machine_id_write(const struct machine_id *id, char text[static MACHINE_ID_TEXT_SIZE]);

/* vendor -> machine; signed by the vendor */
struct edition {
    char id[NAME_SIZE];
    char title[TEXT_SIZE];
    struct product_key key; /* the generic volume key; its tag is that of vendor, product and edition */
    struct features features;
};
struct product {
    char vendor[NAME_SIZE];
    char product[NAME_SIZE];
    char title[TEXT_SIZE];
    seconds issued;
    seconds grace; /* initial grace from the first run */
    size_t vendor_key_count;
    struct verifier_key vendor_keys[VENDOR_KEYS_MAX]; /* at least one: that in use, then the spare, then former ones;
                                                         all named after the vendor */
    size_t edition_count;                             /* at least one */
    struct edition editions[EDITIONS_MAX];
    struct extensions extensions;
};
/* The edition of that id, or NULL; borrowed. */
const struct edition *product_edition(const struct product *product, const char *id);

/* host -> vendor; signed by the new host key */
struct host_request {
    char host[HOST_NAME_SIZE];
    char vendor[NAME_SIZE];
    char customer[TEXT_SIZE];
    struct verifier_key host_key; /* named HOST/VENDOR */
    seconds created;
    struct extensions extensions;
};

enum license_mode {
    LICENSE_VOLUME, /* machines activate once enough of them have asked; written `volume` */
    LICENSE_COUNTED /* each at once, for as long as the license is in force; `counted` */
};
const char *license_mode_name(enum license_mode mode);
/* The mode of the licenses that a product key asks for. */
_Static_assert((int)PRODUCT_KEY_VOLUME == (int)LICENSE_VOLUME && (int)PRODUCT_KEY_COUNTED == (int)LICENSE_COUNTED,
               "the modes of product keys are those of licenses");
static inline enum license_mode product_key_wants(const struct product_key *key)
{
    return (enum license_mode)key->mode;
}

/* vendor -> host -> machine; signed by the vendor */
struct license {
    char id[NAME_SIZE];
    char vendor[NAME_SIZE];
    char customer[TEXT_SIZE];
    size_t host_key_count;                            /* at least one */
    struct verifier_key host_keys[LICENSE_HOSTS_MAX]; /* named HOST/VENDOR, VENDOR being `vendor`; ascending by their
                                                         text */
    char product[NAME_SIZE];
    char edition[NAME_SIZE];
    enum license_mode mode;
    uint64_t threshold; /* 1 .. 10^9: machines that must have asked; 0 and not written where counted */
    uint64_t seats;     /* 1 .. 10^9 */
    uint64_t overage;   /* 0 .. 10^9: seats beyond, granted and billed */
    seconds lease;      /* length of a lease; 1 minute .. 10 years; 0 and not written where counted */
    bool has_first_lease;
    seconds first_lease; /* length of a machine's lease until it has renewed once; at least 1 minute and `retry`, less
                            than `lease` */
    seconds renew;       /* a machine renews that long after `issued`; at most `lease`, unless counted */
    seconds retry;       /* after a failure it asks again that much later; at least 1 second, at most `lease`, unless
                            counted */
    bool has_releases;   /* within 30 days; terms_releases() for what holds otherwise */
    uint64_t releases;   /* 0 .. 10^9 */
    bool has_reclaims;   /* the same; terms_reclaims() */
    uint64_t reclaims;
    size_t replaces_count;
    char replaces[REPLACES_MAX][NAME_SIZE]; /* ids of the licenses before it, ascending; not its own */
    struct features features;
    bool test; /* for trying out, not for work; written `test yes` */
    seconds issued;
    seconds not_before;
    seconds not_after; /* > not_before; the first second at which it is not valid any more */
    struct extensions extensions;
};

/* Whether the license is for the host with that key. */
bool license_names(const struct license *license, const struct verifier_key *host_key);
/* Whether it replaces the other one, which must be of the same vendor, customer, product and edition, and issued
 * earlier. */
bool license_replaces(const struct license *license, const struct license *other);
/* Puts the id of a license that it replaces in its place; DOCUMENT_DUPLICATE_KEY, DOCUMENT_LIMIT, DOCUMENT_VALUE. */
RESULT license_add_replaced(struct license *license, struct slice id);
/* Puts a host's key in its place; DOCUMENT_DUPLICATE_KEY, DOCUMENT_LIMIT. */
RESULT license_add_host(struct license *license, const struct verifier_key *host_key);
/* Opens the checkpoint of one of its hosts. CHECKPOINT_SIGNER where none of them signed it; otherwise as
 * checkpoint_open(). *ret_key is borrowed from the license; it may be NULL. */
RESULT license_open_checkpoint(const struct license *license, struct slice note, struct checkpoint *ret_checkpoint,
                               const struct verifier_key **ret_key);

/* States of a machine, written unlicensed, grace, licensed, expired-grace, notification. */
enum machine_state { STATE_UNLICENSED, STATE_GRACE, STATE_LICENSED, STATE_EXPIRED_GRACE, STATE_NOTIFICATION };
const char *machine_state_name(enum machine_state state);

/* The last checkpoint of a host key that a machine has, with the host's signature: what it testifies of that host.
 * Size 0 where the ledger was empty then. */
struct seen {
    char origin[KEY_NAME_SIZE];
    uint64_t size;
    struct hash root;
    uint8_t signature[SIGNATURE_SIZE]; /* by the host key, of the text of that checkpoint */
};

/* machine -> host; signed by the machine key that it names */
struct request {
    char vendor[NAME_SIZE];
    char product[NAME_SIZE];
    char edition[NAME_SIZE];
    bool counted;                    /* by a counted product key; written `mode counted` */
    struct verifier_key machine_key; /* named by the machine id */
    struct machine_id machine;       /* the same id */
    struct verifier_key host_key;    /* that is asked; named HOST/VENDOR, VENDOR being `vendor` */
    uint64_t number;                 /* from 1 on; no two notes of one key and product have the same */
    seconds time;
    enum machine_state state;
    struct hardware hardware;
    struct seen seen; /* of that host key, in whichever epoch */
    struct extensions extensions;
};

/* The mode of the machine's product key, and so of the licenses that it may get a lease under. */
static inline enum license_mode request_mode(const struct request *request)
{
    return request->counted ? LICENSE_COUNTED : LICENSE_VOLUME;
}

/* host -> machine; a leaf of the ledger: its own lines, an empty one, and the request as the machine signed it */
struct lease {
    char license[NAME_SIZE];
    bool offline; /* the operator answered a file, which may have been 30 days old */
    seconds issued;
    seconds expires;     /* > issued */
    seconds renew_after; /* counted from `issued`; at most expires - issued */
    seconds retry_after;
    struct features features;
    struct extensions extensions;
    struct request request;
};

/* machine -> host; signed by the machine key that it names */
struct release {
    char license[NAME_SIZE];
    struct verifier_key machine_key;
    struct machine_id machine;
    struct verifier_key host_key; /* that is asked */
    uint64_t number;              /* it ends the machine's leases under the license that have a lower one */
    seconds time;
    struct seen seen;
    struct extensions extensions;
};

/* What a machine tells its operator of itself, each part or none of it. */
struct about_says {
    char name[TEXT_SIZE];             /* of the machine; "": not said. So are the others */
    char version[ABOUT_VERSION_SIZE]; /* of the product */
    size_t data_count;
    struct about_datum {
        char key[ABOUT_KEY_SIZE]; /* an id of that size */
        char value[TEXT_SIZE];
    } data[ABOUT_DATA_MAX]; /* that the product attaches; ascending by key */
};
/* machine -> host, beside a request and in no leaf; signed by the machine key that signed the request */
struct about {
    struct hash request; /* SHA-256 of the request's note: beside any other it is nothing */
    struct about_says says;
    struct extensions extensions;
};
/* Whether the text may be said in an about: a text for people of up to `max` bytes, without characters that are not
 * seen and change how those beside them are, such as directional controls. DOCUMENT_VALUE. */
RESULT about_text_check(struct slice text, size_t max);
/* Whether it may be the key of a datum. DOCUMENT_VALUE. */
RESULT about_key_check(struct slice text);
/* Puts a datum in its place. DOCUMENT_VALUE, DOCUMENT_DUPLICATE_KEY, DOCUMENT_LIMIT. */
RESULT about_attach(struct about_says *says, struct slice key, struct slice value);
/* `KEY VALUE`, as a document has it behind `data `. DOCUMENT_VALUE. */
RESULT about_datum_read(struct slice text, struct about_datum *ret_datum);

/* host's record of a release; a leaf of the ledger: its own lines, an empty one, and the release as it was signed */
struct released {
    seconds released;
    struct extensions extensions;
    struct release release;
};

/* host's record that the operator has taken a seat back from a machine that is gone; a leaf of the ledger, which no
 * machine has signed */
struct reclaimed {
    char license[NAME_SIZE];
    struct verifier_key machine_key;
    struct machine_id machine;
    char lease_origin[KEY_NAME_SIZE]; /* of the ledger in which the lease that it ends stands, */
    uint64_t lease_index;             /* and where */
    seconds reclaimed;
    struct extensions extensions;
};

/* host's record of why it began its ledger again; leaf 0 of every epoch but the first */
enum epoch_why {
    EPOCH_LOST,     /* the database had less than was signed; written `lost` */
    EPOCH_RESTORED, /* the host was set up again from a backup; `restored` */
    EPOCH_CLOCK     /* its newest leaf was written under a clock far ahead of the right one; `clock` */
};
struct epoch {
    char origin[KEY_NAME_SIZE];   /* of the ledger that it begins */
    char previous[KEY_NAME_SIZE]; /* of the ledger that ended */
    uint64_t size;                /* of the last tree that was signed there, */
    struct hash root;             /* and its root */
    uint64_t found;               /* leaves that the database still had of it */
    unsigned why;                 /* enum epoch_why */
    seconds began;
    size_t shown_count; /* checkpoints that the host had signed and was shown, and did not have, at most one of each */
    struct seen shown[SHOWN_MAX]; /* ledger; for whoever wants proof to verify by the host key (seen_verify) */
    struct extensions extensions;
};

/* Of whom a rate of new machines is. */
enum rate_of { RATE_OF_ADDRESS, RATE_OF_ALL };

/* host -> machine; the numbers are there where they mean something */
struct denial {
    enum error_code code;              /* of category denial, or LICENSE_REVOKED; written by name */
    char message[DENIAL_MESSAGE_SIZE]; /* for people, one line; explain_denial() writes it */
    bool has_count;                    /* count and threshold */
    uint64_t count;
    uint64_t threshold;
    bool has_seats; /* seats (with overage) and how many are held */
    uint64_t seats;
    uint64_t held;
    bool has_clocks; /* both clocks */
    seconds host_time;
    seconds machine_time;
    bool has_rate;    /* how many new machines there may be, of: */
    unsigned rate_of; /* enum rate_of */
    uint64_t at_once;
    uint64_t per_hour; /* and so many an hour, once these are used up */
    bool has_date;     /* when the license begins or ended, or when a seat is free again */
    seconds date;
    seconds retry_after;
    struct extensions extensions;
};

/* vendor -> host, machine; signed by the vendor */
struct revocations {
    char vendor[NAME_SIZE];
    uint64_t sequence; /* 1, 2, ...: the highest known is in force and holds all that lower ones held */
    seconds issued;
    size_t license_count;
    char licenses[REVOKED_MAX][NAME_SIZE]; /* ascending */
    size_t host_key_count;
    struct verifier_key host_keys[REVOKED_MAX]; /* ascending by their text; each ends the leases that its host gave */
    size_t vendor_key_count;
    struct verifier_key vendor_keys[VENDOR_KEYS_MAX]; /* named after the vendor, ascending; each ends the leases under
                                                         what it signed */
    struct extensions extensions;
    unsigned rank; /* of the key that signed it, as revocations_open() found it: the lower, the higher it stands. No
                      part of the document */
};
/* How a vendor's key stands that is the i-th of all of them, in the order of a product document: the spare above the
 * one in use, that above former ones. A key is revoked by one that stands above it, and never the other way round. */
unsigned vendor_key_rank(size_t i);
/* Whether the one takes the other's place: it is signed by a key that stands above, or is a later one of the same. */
bool revocations_newer(const struct revocations *revocations, const struct revocations *than);
/* Whether the list revokes that key of the vendor, and with it whatever it signed. */
bool revocations_hold_signer(const struct revocations *revocations, const struct verifier_key *vendor_key);
/* Whether the list revokes the license at the host with that key: by its id, or by that key. Without one (NULL),
 * whether it revokes the license everywhere: by its id, or by all of its host keys. */
bool revocations_hold(const struct revocations *revocations, const struct license *license,
                      const struct verifier_key *host_key);

/* Reader and writer of each. */
RESULT product_read(struct slice text, struct product *ret_product);
RESULT product_write(const struct product *product, struct buffer *out);
RESULT host_request_read(struct slice text, struct host_request *ret_request);
RESULT host_request_write(const struct host_request *request, struct buffer *out);
RESULT license_read(struct slice text, struct license *ret_license);
RESULT license_write(const struct license *license, struct buffer *out);
RESULT request_read(struct slice text, struct request *ret_request);
RESULT request_write(const struct request *request, struct buffer *out);
RESULT release_read(struct slice text, struct release *ret_release);
RESULT release_write(const struct release *release, struct buffer *out);
RESULT about_read(struct slice text, struct about *ret_about);
RESULT about_write(const struct about *about, struct buffer *out);
RESULT reclaimed_read(struct slice text, struct reclaimed *ret_reclaimed);
RESULT reclaimed_write(const struct reclaimed *reclaimed, struct buffer *out);
RESULT epoch_read(struct slice text, struct epoch *ret_epoch);
RESULT epoch_write(const struct epoch *epoch, struct buffer *out);
/* As it is written. */
const char *epoch_why_name(unsigned why);
/* Leaves that carry what a machine signed: read and written with that note, verbatim. Reading looks at the note's form
 * and at no signature; a writer takes a note that request_parse() or release_parse() has read, and of the document its
 * own lines alone. *ret_note borrows from the text. */
RESULT lease_read(struct slice text, struct lease *ret_lease, struct slice *ret_note);
RESULT lease_write(const struct lease *lease, struct slice request_note, struct buffer *out);
RESULT released_read(struct slice text, struct released *ret_released, struct slice *ret_note);
RESULT released_write(const struct released *released, struct slice release_note, struct buffer *out);
RESULT denial_read(struct slice text, struct denial *ret_denial);
RESULT denial_write(const struct denial *denial, struct buffer *out);
RESULT revocations_read(struct slice text, struct revocations *ret_revocations);
RESULT revocations_write(const struct revocations *revocations, struct buffer *out);

/* What stands before the first empty line, its last newline included, and what behind it; everything and nothing where
 * there is no empty line. Borrowed. */
struct slice document_head(struct slice text, struct slice *ret_rest);

/* Which document a text (or the text of a note) begins as; DOCUMENT_UNKNOWN where none of Aval's. */
enum document_type {
    DOCUMENT_UNKNOWN,
    DOCUMENT_PRODUCT,
    DOCUMENT_HOST_REQUEST,
    DOCUMENT_LICENSE,
    DOCUMENT_REQUEST,
    DOCUMENT_LEASE,
    DOCUMENT_RELEASE,
    DOCUMENT_RELEASED,
    DOCUMENT_RECLAIMED,
    DOCUMENT_EPOCH,
    DOCUMENT_ABOUT,
    DOCUMENT_DENIAL,
    DOCUMENT_REVOCATIONS,
    DOCUMENT_CHECKPOINT, /* recognised by its form: ORIGIN, SIZE, ROOT */
    DOCUMENT_TLOG_PROOF
};
enum document_type document_type_of(struct slice text);
/* "product", "host-request", ... */
const char *document_type_name(enum document_type type);

/* Signed documents. Opening checks the signature first and the content after it; the signer must be one of `keys`
 * (SIGNER_UNKNOWN, SIGNATURE_WRONG). The vendor named in the text must be the name of the signing key
 * (LICENSE_OTHER_VENDOR for a license, DOCUMENT_VALUE for a product or revocations). */
RESULT product_open(struct slice note, const struct verifier_key *keys, size_t key_count, struct product *ret_product);
RESULT license_open(struct slice note, const struct verifier_key *keys, size_t key_count, struct license *ret_license);
/* The same of a license; *ret_signer, one of `keys`, is borrowed. */
RESULT license_open_by(struct slice note, const struct verifier_key *keys, size_t key_count,
                       struct license *ret_license, const struct verifier_key **ret_signer);
/* Signed by the key that the document itself names first, the one in use: for whoever got it over a way that he trusts
 * and knows no key of that vendor yet. SIGNATURE_WRONG, SIGNER_UNKNOWN where it is not; NO_MEMORY. */
RESULT product_open_own(struct slice note, struct product *ret_product);
/* The keys are those of one vendor, in the order of a product document: KEY_RANK where the list revokes one of them
 * that does not stand below the signer. */
RESULT revocations_open(struct slice note, const struct verifier_key *keys, size_t key_count,
                        struct revocations *ret_revocations);
/* Signed by the key that the request itself names, which proves possession and nothing else. SIGNATURE_WRONG or
 * SIGNER_UNKNOWN where it is not. */
RESULT host_request_open(struct slice note, struct host_request *ret_request);

/* The signature of a machine's note, which is not verified yet, and what it is of; borrowed from the note. */
struct machine_signature {
    struct slice text;
    uint8_t bytes[SIGNATURE_SIZE];
};

/* What a machine signs has exactly one signature, by the key that it names. Reads the note and verifies nothing:
 * NOTE_FORM for a signature too many or of another size, SIGNER_UNKNOWN where it is not by that key; TEXT_TOO_LONG
 * above MACHINE_NOTE_MAX. `ret_signature` may be NULL. */
RESULT request_parse(struct slice note, struct machine_signature *ret_signature, struct request *ret_request);
RESULT release_parse(struct slice note, struct machine_signature *ret_signature, struct release *ret_release);
/* Whether it holds: SIGNATURE_WRONG. */
RESULT machine_signature_verify(const struct machine_signature *signature, const struct verifier_key *machine_key);
/* Whether the signature of a note that was parsed holds: SIGNATURE_WRONG. */
RESULT machine_note_verify(struct slice note, const struct verifier_key *machine_key);
/* Both in one. */
RESULT request_open(struct slice note, struct request *ret_request);
RESULT release_open(struct slice note, struct release *ret_release);
/* The about that stands beside the request of that note and is signed by the key that the request names. Cheapest
 * first: TEXT_TOO_LONG above ABOUT_NOTE_MAX, errors of form, DOCUMENT_VALUE where it is another request's,
 * SIGNER_UNKNOWN, SIGNATURE_WRONG. */
RESULT about_open(struct slice note, const struct verifier_key *machine_key, const struct hash *request_note,
                  struct about *ret_about);
/* Appends the note: the text of a request, a release or an about, signed. */
RESULT machine_note_sign(struct slice text, const struct signing_key *machine_key, struct buffer *out);

/* The id of the machine with that public key. */
struct machine_id machine_id_of(const uint8_t public_key[static PUBLIC_KEY_SIZE]);
/* The machine key grown from that seed, with its name. Yours to free. NO_MEMORY. */
RESULT machine_key_make(const uint8_t seed[static SEED_SIZE], struct signing_key **ret_key);

/* What a machine says it has seen: a checkpoint that was opened with that key, and the key's signature out of its note.
 */
RESULT seen_make(const struct checkpoint *checkpoint, struct slice note, const struct verifier_key *host_key,
                 struct seen *ret_seen);
/* Whether the key signed it: SIGNATURE_WRONG. */
RESULT seen_verify(const struct seen *seen, const struct verifier_key *host_key);
/* Appends the checkpoint as the key signed it: the note that it was made of, without signatures of others. NO_MEMORY.
 */
RESULT seen_write_note(const struct seen *seen, const struct verifier_key *host_key, struct buffer *out);
struct checkpoint seen_checkpoint(const struct seen *seen);
/* Whether both say the same tree, and whether what was seen is that checkpoint. */
bool seen_equal(const struct seen *a, const struct seen *b);
bool seen_is(const struct seen *seen, const struct checkpoint *checkpoint);

#endif
