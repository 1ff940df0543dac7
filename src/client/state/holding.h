/* The lease that this machine holds, and the checkpoints it has seen. */
#ifndef CLIENT_STATE_HOLDING_H
#define CLIENT_STATE_HOLDING_H

#include "core/rules/believe.h"
#include "installation.h"
#include "machine/identity.h"

struct holding {
    struct believed believed;
    char host[ADDRESS_SIZE]; /* where it was granted */
};

/* What is asked of a lease besides its own files. */
struct holder {
    const struct installation *installation; /* with an edition */
    const char *lease_folder;                /* where the lease lies: the product's, or that of a former one */
    const char *edition;                     /* that the lease must be of; NULL: the product key's */
    const struct identity *identity;
    const struct hardware *hardware;
    const struct hardware *unreadable;     /* kinds that this user may not look at */
    const struct revocations *revocations; /* NULL: none */
    uint64_t released;                     /* number of the last release of the product; 0: none */
    seconds now;
};

/* What a lease just received must answer. */
struct awaited {
    struct slice note; /* the request, as signed */
    uint64_t number;
    const struct verifier_key *host_key; /* that it names */
};

/* Reads and verifies the lease, of whichever of the product's editions it is: one in force stays so while the key of
 * another is installed, until there is a lease for that. NO_LEASE where there is none; errors of trust where a link
 * does not hold; STATE_BROKEN where a file has lost its form. That it has expired is no error. */
RESULT holding_load(const struct holder *holder, struct holding *ret_holding, struct reason *reason);

/* Verifies a lease just received; `awaited` NULL: one of the folder. */
RESULT holding_verify(const struct holder *holder, const struct awaited *awaited, struct slice license,
                      struct slice proof, struct believed *ret_believed);
/* Verifies the license that a host shows before it is asked; see believe_license(). */
RESULT holding_verify_license(const struct holder *holder, struct slice license, struct license *ret_license);

/* The last checkpoint seen of the ledger of that host key; *ret_found is false where none is known. */
RESULT checkpoint_known(const struct installation *installation, const struct verifier_key *host_key,
                        struct checkpoint *ret_checkpoint, bool *ret_found, struct reason *reason);
/* The same as it was signed, appended to `out`. */
RESULT checkpoint_known_note(const struct installation *installation, const struct verifier_key *host_key,
                             struct buffer *out, bool *ret_found, struct reason *reason);
RESULT checkpoint_keep(const struct installation *installation, const struct verifier_key *host_key, struct slice note,
                       struct reason *reason);

/* The part of a host key's name before "/VENDOR". */
RESULT host_key_host(const struct verifier_key *key, char ret_host[static HOST_NAME_SIZE]);

#endif
