/*
 * What the machine writes down for itself: identities, numbers, hosts, what it may tell, first run, last answer.
 *
 * Each is text in the grammar of the documents (core/form/form.h): `aval TYPE v1`, then `key value` lines in one fixed
 * order. Nobody signs them and nobody else reads them. Always: write(read(b)) = b and read(write(x)) = x; readers
 * refuse everything else with the line at which it stands, and writers what no reader would take. On failure nothing is
 * written to the output, and a writer appends nothing. Errors of form (document-*, text-*, base64), NO_MEMORY. Pure,
 * thread-safe.
 */
#ifndef CLIENT_STATE_RECORDS_H
#define CLIENT_STATE_RECORDS_H

#include "core/documents/documents.h"
#include "hosts/address.h"

enum {
    SALT_SIZE = 32,
    MESSAGE_SIZE = 512,
    RECORD_MAX = 8 * 1024, /* the text of any of these */
};

/* What the failure of a reader says about the file that the text came from: STATE_BROKEN, at the same line, or that
 * memory was short. */
RESULT record_fault(struct result why);

/* Who this machine is for one vendor: what every user of it needs to see that a lease is this machine's. The salt is
 * sent to nobody, but no secret among those who can look at the hardware itself. */
struct identity {
    struct verifier_key key; /* named by the id */
    struct machine_id id;
    uint8_t salt[SALT_SIZE]; /* key of the hardware digests */
    seconds created;
    struct hardware hardware; /* as it was when the identity was last used to activate */
    unsigned place;           /* of the machines that use the folder in turn; where it was read, and in no text */
};
RESULT identity_read(struct slice text, struct identity *ret_identity);
RESULT identity_write(const struct identity *identity, struct buffer *out);

/* The numbers that a machine's key has used for one product. */
struct numbers {
    struct machine_id machine; /* whose they are; another key begins anew */
    uint64_t last;             /* 0: none yet */
    uint64_t released;         /* of the last release that a host has shown in its ledger; 0: none */
};
RESULT numbers_read(struct slice text, struct numbers *ret_numbers);
RESULT numbers_write(const struct numbers *numbers, struct buffer *out);

/* Hosts to ask, in order. */
RESULT host_list_read(struct slice text, struct host_list *ret_hosts);
RESULT host_list_write(const struct host_list *hosts, struct buffer *out);

/* How much of itself the machine may tell the operator of its host. */
enum tell { TELL_NOTHING, TELL_PRODUCT /* what products say */, TELL_NAME /* and what the machine is called */ };
struct telling {
    unsigned what;        /* enum tell */
    char name[TEXT_SIZE]; /* where it may: to be told instead of the system's; "": the system's */
};
RESULT telling_read(struct slice text, struct telling *ret_telling);
RESULT telling_write(const struct telling *telling, struct buffer *out);

/* What a product says of itself; it has no name. */
RESULT attached_read(struct slice text, struct about_says *ret_says);
RESULT attached_write(const struct about_says *says, struct buffer *out);

/* When the product was first asked about. */
RESULT first_run_read(struct slice text, seconds *ret_time);
RESULT first_run_write(seconds time, struct buffer *out);

/* What the host that was asked last has answered. */
struct last_answer {
    char host[ADDRESS_SIZE];
    seconds asked;
    enum error_code code; /* OK: a lease, or the release */
    seconds retry;        /* after a failure: to the next try by itself, counted from `asked` */
    uint16_t draw;        /* the chance that was drawn with the last lease (core/rules/waiting.h) */
    uint64_t failures;    /* so many times, one behind the other, nobody gave an answer */
    char message[MESSAGE_SIZE];
};
RESULT last_answer_read(struct slice text, struct last_answer *ret_answer);
RESULT last_answer_write(const struct last_answer *answer, struct buffer *out);

#endif
