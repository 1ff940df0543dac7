/* The rules of the machine; see believe.h. Each function is one link of the chain, named and numbered as there. */
#include "core/rules/believe.h"

#include "core/documents/offer.h"
#include "core/rules/clock.h"
#include "core/rules/terms.h"

#include <string.h>

/* 1 and the first half of 2: whoever signed with another key, or changed what was signed, is not the vendor. */
static RESULT check_license_signer(const struct belief *belief, struct slice note, struct license *ret_license)
{
    const struct verifier_key *signer = NULL;
    const struct result opened =
        license_open_by(note, belief->vendor_keys, belief->vendor_key_count, ret_license, &signer);
    ENSURE(result_code(opened) != ERR_SIGNER_UNKNOWN, LICENSE_SIGNER);
    ENSURE(result_code(opened) != ERR_SIGNATURE_WRONG, LICENSE_SIGNER);
    TRY(opened);
    ENSURE(belief->revocations == NULL || !revocations_hold_signer(belief->revocations, signer), LICENSE_REVOKED);
    return RESULT_OK;
}

/* Everywhere, or at one of its hosts. */
static RESULT check_not_revoked(const struct belief *belief, const struct license *license,
                                const struct verifier_key *host_key)
{
    ENSURE(belief->revocations == NULL || !revocations_hold(belief->revocations, license, host_key), LICENSE_REVOKED);
    return RESULT_OK;
}

/* 2. A stored lease was believed while its license was in force, and never outlives it; so that is asked of a fresh one
 * alone. The machine's clock may be behind the host's. */
static RESULT check_license(const struct belief *belief, const struct license *license)
{
    const struct offer mine = {belief->vendor, belief->product, belief->edition};
    ENSURE(offer_same_vendor(license_offer(license), mine), LICENSE_OTHER_VENDOR);
    ENSURE(offer_equal(license_offer(license), mine), LICENSE_OTHER_PRODUCT);
    if (belief->fresh) {
        ENSURE(!clock_is_behind(belief->now, license->not_before), LICENSE_NOT_IN_FORCE);
        ENSURE(belief->now < license->not_after, LICENSE_NOT_IN_FORCE);
    }
    return check_not_revoked(belief, license, NULL);
}

/* 5. Byte for byte what this machine awaits needs no look at the signature: it made it. An earlier one is taken where a
 * running lease is given again; it is this machine's where its key signed it, and not given back where it is younger
 * than the last release. */
static RESULT check_request(const struct belief *belief, const struct request *request, struct slice note)
{
    ENSURE(verifier_key_equal(&request->machine_key, belief->machine_key), LEASE_OTHER_MACHINE);
    ENSURE(request->number > belief->released, LEASE_OTHER_REQUEST);
    ENSURE(!belief->fresh || verifier_key_equal(&request->host_key, belief->asked), LEASE_OTHER_REQUEST);
    if (belief->fresh && slice_equal(note, belief->awaited))
        return RESULT_OK;
    ENSURE(!belief->fresh || request->number < belief->number, LEASE_OTHER_REQUEST);
    ENSURE(is_ok(machine_note_verify(note, belief->machine_key)), LEASE_OTHER_REQUEST);
    return RESULT_OK;
}

/* Whose ledger the leaf must be in. A request that asked a host which is not the license's is refused by link 6, if not
 * here. */
static const struct verifier_key *ledger_key(const struct license *license, const struct request *request)
{
    return license_names(license, &request->host_key) ? &request->host_key : &license->host_keys[0];
}

/* 3 and 4, and of 2 whether that host is revoked. */
static RESULT check_proof(const struct belief *belief, const struct license *license, struct slice text,
                          struct believed *believed)
{
    struct tlog_proof proof;
    TRY(tlog_proof_read(text, &proof));
    ENSURE(proof.has_extra, PROOF_FORM);
    const struct slice leaf = slice_make(proof.extra, proof.extra_size);
    struct slice note;
    TRY(lease_read(leaf, &believed->lease, &note));
    const struct verifier_key *host_key = ledger_key(license, &believed->lease.request);
    TRY(check_not_revoked(belief, license, host_key));
    TRY(tlog_proof_verify(&proof, leaf, host_key, &believed->checkpoint));
    believed->index = proof.index;
    return check_request(belief, &believed->lease.request, note);
}

/* 7. A host that leaves digests out would make leases that fit anywhere; so a fresh lease must describe this machine
 * no less than this machine describes itself. */
static RESULT check_hardware(const struct belief *belief, const struct lease *lease)
{
    const struct hardware described =
        hardware_readable(&lease->request.hardware, belief->fresh ? NULL : belief->unreadable);
    ENSURE(described.count > 0 || lease->request.hardware.count == 0, LEASE_HARDWARE);
    ENSURE(hardware_matches(&described, belief->hardware), LEASE_HARDWARE);
    ENSURE(!belief->fresh || hardware_matches(belief->hardware, &lease->request.hardware), LEASE_HARDWARE);
    return RESULT_OK;
}

/* 9. A running lease that is given again may be older, and must still run. A clock that was never set says nothing of a
 * stored one. */
static RESULT check_clock(const struct belief *belief, const struct lease *lease)
{
    if (!belief->fresh && !clock_was_set(belief->now))
        return RESULT_OK;
    ENSURE(!clock_is_behind(belief->now, lease->issued), LEASE_NOT_NOW);
    if (!belief->fresh)
        return RESULT_OK;
    const bool again = lease->request.number < belief->number;
    const bool carried = lease->offline && belief->now - lease->issued <= OFFLINE_MAX; /* in a file, by somebody */
    ENSURE(again || carried || clock_agrees(belief->now, lease->issued), LEASE_NOT_NOW);
    ENSURE(belief->now < lease->expires, LEASE_NOT_NOW);
    return RESULT_OK;
}

RESULT believe_license(const struct belief *belief, struct slice license_note, struct license *ret_license)
{
    struct license license;
    TRY(check_license_signer(belief, license_note, &license));
    TRY(check_license(belief, &license));
    *ret_license = license;
    return RESULT_OK;
}

RESULT believe(const struct belief *belief, struct slice license_note, struct slice proof,
               struct believed *ret_believed)
{
    struct believed believed;
    TRY(believe_license(belief, license_note, &believed.license));
    TRY(check_proof(belief, &believed.license, proof, &believed));
    TRY(terms_check_offer(&believed.license, &believed.lease)); /* 6; the license is for this product and edition */
    TRY(check_hardware(belief, &believed.lease));
    TRY(terms_check_extent(&believed.license, &believed.lease)); /* 8; its own dates, its reader has checked */
    TRY(check_clock(belief, &believed.lease));
    *ret_believed = believed;
    return RESULT_OK;
}
