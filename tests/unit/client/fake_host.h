/*
 * Activation hosts for the tests of libaval: an honest one, built from the functions of core, that can be told to lie.
 *
 * No sockets: the network below is a transport of libaval. Time is what the test says it is.
 */
#ifndef TEST_FAKE_HOST_H
#define TEST_FAKE_HOST_H

#include "base/hash.h"
#include "core/rules/decide.h"
#include "core/tlog/merkle.h"

#include <aval/aval.h>

enum { FAKE_LEAVES_MAX = 64, FAKE_MACHINES_MAX = 8, FAKE_HOSTS_MAX = 4, PATHS_MAX = 64 };

enum lie {
    LIE_NONE,
    LIE_LICENSE_OF_NOBODY,   /* its license is signed by a key of its own, under the vendor's name */
    LIE_CHECKPOINT_OF_OTHER, /* the checkpoint is signed by another key of the same name */
    LIE_ORIGIN,              /* the checkpoint is of a ledger by another name */
    LIE_ALTERED_LEASE,       /* the lease text was changed after it was logged */
    LIE_NO_PROOF,            /* the inclusion proof is missing */
    LIE_NO_EXTRA,            /* the lease text is missing */
    LIE_NO_LEASE,            /* something else stands in its place */
    LIE_NO_CONSISTENCY,      /* no proof that the ledger extends the one seen */
    LIE_UNTOLD,              /* does not write down what was seen of the epoch before, where a lease runs */
    LIE_HISTORY,             /* the ledger's first entry was rewritten */
    LIE_GARBAGE,             /* 200 and a web page */
    LIE_ERROR_PAGE,          /* 500 and a web page */
    LIE_NO_LICENSE_PAGE,     /* does not hand out its license, but with its introduction */
    LIE_SILENT,              /* lets the time limit pass */
    LIE_TOO_LARGE,           /* claims to have written more than there was room for */
};

struct fake_host {
    const char *address;
    struct signing_key *key;
    struct signing_key *rogue; /* same name, another key */
    struct license license;
    const struct signing_key *license_signer;
    enum lie lie;
    void (*bend)(struct lease *lease); /* what it writes into leases before it logs them, */
    void (*bend_note)(struct fake_host *host, struct slice note, struct buffer *out); /* and in the request's place */
    void (*bend_license)(struct license *license); /* what the license says that it introduces itself with */
    const struct buffer *shown_leaf;               /* what it shows behind number-used; NULL: the machine's last leaf */
    const struct buffer *other_release;            /* what it logs in the place of a release; NULL: that */
    enum error_code refuse;                        /* a denial to give always, */
    seconds refuse_for;                            /* with that wait; 0: an hour */
    uint64_t others;                               /* machines that have asked besides */
    struct revocations *revocations;               /* NULL: none */
    seconds clock_error;
    uint64_t epoch; /* of its ledger; 1: the first */
    size_t leaf_count;
    struct hash leaves[FAKE_LEAVES_MAX];
    uint8_t texts[FAKE_LEAVES_MAX][LEAF_MAX];
    size_t text_sizes[FAKE_LEAVES_MAX];
    size_t machine_count;
    struct machine_id machines[FAKE_MACHINES_MAX];
    struct machine_record records[FAKE_MACHINES_MAX];
    struct request last_request;
    struct release last_release;
    struct buffer last_note; /* of the one or the other */
    bool told;               /* whether something stood beside the last request, */
    struct about last_about; /* and what, the last time that something did */
    size_t requests;
    size_t releases;
    size_t introductions;
};

struct network {
    seconds now;
    struct signing_key *vendor;
    struct signing_key *rogue_vendor; /* same name, another key */
    size_t host_count;
    struct fake_host hosts[FAKE_HOSTS_MAX];
    size_t path_count;
    char paths[PATHS_MAX][400]; /* "HOST PATH" of everything that was asked */
};

/* Makes the vendor's keys; the hosts are added. */
void network_make(struct network *network, seconds now);
void network_free(struct network *network);
/* A host with that address and name, and a license for studio/pro: threshold 1, 10 seats, a year. */
struct fake_host *network_add(struct network *network, const char *address, const char *name);
/* The host has lost what was written behind the first leaves, and all machines. */
void fake_host_forget(struct fake_host *host, size_t leaf_count);
/* It begins its ledger again, openly. */
void fake_host_begin_epoch(struct fake_host *host, uint64_t epoch);
/* The product document of that name, or of studio, signed by the vendor; issued at that time. */
void network_product_named(const struct network *network, const char *name, seconds issued, struct buffer *out);
void network_product(const struct network *network, seconds issued, struct buffer *out);
/* An aval_transport and the clock; context: the network. */
int network_ask(void *context, const char *address, const char *path, const char *body, size_t body_size,
                const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
                int *ret_http_status, char *reason, size_t reason_size);
int64_t network_now(void *context);
/* Whether something was asked, such as "/v1/license/" of anybody. */
size_t network_asked(const struct network *network, const char *part);

#endif
