/*
 * The rules of the machine: when a lease is believed.
 *
 * believe() checks each link of the chain in order and returns the error that names the first that does not hold:
 *
 *   1. a vendor key signed the license                    license-signer
 *   2. license: this product, edition; in force (asked of a fresh lease; a stored one never outlives its license); not
 *      revoked
 *                                                         license-other-vendor, license-other-product,
 *                                                         license-not-in-force, license-revoked
 *   3. the host key that the lease's request names, and that
 *      is one of the license's, signed the checkpoint     checkpoint-signer, checkpoint-origin
 *   4. the inclusion proof ties the lease text to it      proof-wrong
 *   5. the request in the leaf is this machine's: byte for byte the one that it awaits or, where a running lease is
 *      given again (and of a stored one), an earlier one that its key signed, with a number above that of its last
 *      release                                          lease-other-machine, lease-other-request
 *   6. the lease is under that license, for this product, asked of one of its hosts (a fresh one: of the host that was
 *      asked now), by a product key of its mode
 *                                                         lease-other-license, lease-other-product,
 *                                                         lease-other-request, license-other-mode
 *   7. the hardware is this machine's                     lease-hardware
 *      (a fresh lease must also carry enough of the digests that the machine sent)
 *   8. its dates agree with each other, its request's and the license's; its features are the license's
 *                                                         lease-dates, lease-features
 *   9. its `issued` agrees with this machine's clock      lease-not-now
 *      (a stored one may not lie ahead of it, unless the clock was never set)
 *
 * Errors of form (document-*, note-form, proof-form, ...) come where the text they concern is read; that of the leaf
 * before link 3. Pure, thread-safe.
 */
#ifndef CORE_RULES_BELIEVE_H
#define CORE_RULES_BELIEVE_H

#include "core/documents/documents.h"
#include "core/tlog/proof.h"

/* What the machine knows for itself. All pointers borrowed. */
struct belief {
    const struct verifier_key *vendor_keys;
    size_t vendor_key_count;
    const char *vendor;
    const char *product;
    const char *edition;
    const struct verifier_key *machine_key;
    struct slice awaited;             /* the request that a fresh lease must answer, as signed, */
    uint64_t number;                  /* its number, */
    const struct verifier_key *asked; /* and the host key that it names; of a fresh lease, as are the two above */
    uint64_t released;                /* number of this key's last release of the product; 0: none */
    const struct hardware *hardware;
    const struct hardware *unreadable; /* kinds that whoever asks may not look at (their digests do not matter), for a
                                          lease that is not fresh: they count neither for nor against it, and one
                                          other must be left; NULL: none */
    const struct revocations *revocations; /* NULL: none known */
    seconds now;                           /* the machine's effective clock */
    bool fresh; /* just received: rule 9 asks |issued - now| <= CLOCK_TOLERANCE, of one that says `offline` that it is
                   no older than OFFLINE_MAX, and of one that is given again that it runs. Otherwise (from the state
                   folder) only that issued <= now + CLOCK_TOLERANCE; whether it has expired is not asked here */
};

struct believed {
    struct license license;
    struct lease lease;
    struct checkpoint checkpoint;
    uint64_t index;
};

/* license_note: the license as the vendor signed it; proof: the tlog-proof with the lease as `extra`. */
RESULT believe(const struct belief *belief, struct slice license_note, struct slice proof,
               struct believed *ret_believed);

/* Links 1 and 2 alone, of the license that a host shows before it is asked; it is revoked where all of its host keys
 * are. Whether it is in force is asked where `fresh` says so; of the rest of the belief the vendor's keys, the offer
 * and the revocations are looked at. */
RESULT believe_license(const struct belief *belief, struct slice license_note, struct license *ret_license);

#endif
