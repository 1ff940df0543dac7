/* The rules of the machine; see believe.h. Each function is one link of the chain, named and numbered as there. */
#include "core/rules/believe.h"

#include "core/documents/offer.h"
#include "core/rules/clock.h"
#include "core/rules/terms.h"

#include <string.h>

/* 1 and the first half of 2: whoever signed with another key, or changed what was signed, is not the vendor. */
static RESULT check_license_signer(const struct belief *belief, struct slice note, struct license *ret_license)
{
    const struct result opened = license_open(note, belief->vendor_keys, belief->vendor_key_count, ret_license);
    ENSURE(result_code(opened) != ERR_SIGNER_UNKNOWN, LICENSE_SIGNER);
    ENSURE(result_code(opened) != ERR_SIGNATURE_WRONG, LICENSE_SIGNER);
    return opened;
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
    ENSURE(belief->revocations == NULL || !revocations_hold(belief->revocations, license), LICENSE_REVOKED);
    return RESULT_OK;
}

/* 3 and 4. */
static RESULT check_proof(const struct license *license, struct slice text, struct believed *believed)
{
    struct tlog_proof proof;
    TRY(tlog_proof_read(text, &proof));
    ENSURE(proof.has_extra, PROOF_FORM);
    const struct slice leaf = slice_make(proof.extra, proof.extra_size);
    TRY(tlog_proof_verify(&proof, leaf, &license->host_key, &believed->checkpoint));
    believed->index = proof.index;
    return lease_read(leaf, &believed->lease);
}

/* 5. */
static RESULT check_addressee(const struct belief *belief, const struct license *license, const struct lease *lease)
{
    TRY(terms_check_offer(license, lease)); /* the license is for this product and edition */
    ENSURE(memcmp(lease->machine.bytes, belief->machine.bytes, MACHINE_ID_SIZE) == 0, LEASE_OTHER_MACHINE);
    ENSURE(memcmp(lease->nonce.bytes, belief->nonce.bytes, NONCE_SIZE) == 0, LEASE_OTHER_NONCE);
    return RESULT_OK;
}

/* Of what the lease describes, what its reader can look at. */
static struct hardware readable_part(const struct belief *belief, const struct lease *lease)
{
    struct hardware part = {0};
    for (size_t i = 0; i < lease->hardware.count; i++) {
        const struct hardware_digest *digest = &lease->hardware.digests[i];
        bool readable = true;
        for (size_t hidden = 0; belief->unreadable != NULL && hidden < belief->unreadable->count; hidden++)
            readable = readable && strcmp(belief->unreadable->digests[hidden].kind, digest->kind) != 0;
        if (readable)
            part.digests[part.count++] = *digest;
    }
    return part;
}

/* 6. A host that leaves digests out would make leases that fit anywhere; so a fresh lease must describe this machine
 * no less than this machine describes itself. */
static RESULT check_hardware(const struct belief *belief, const struct lease *lease)
{
    const struct hardware described = belief->fresh ? lease->hardware : readable_part(belief, lease);
    ENSURE(described.count > 0 || lease->hardware.count == 0, LEASE_HARDWARE);
    ENSURE(hardware_matches(&described, belief->hardware), LEASE_HARDWARE);
    ENSURE(!belief->fresh || hardware_matches(belief->hardware, &lease->hardware), LEASE_HARDWARE);
    return RESULT_OK;
}

/* 8. */
static RESULT check_clock(const struct belief *belief, const struct lease *lease)
{
    ENSURE(!clock_is_behind(belief->now, lease->issued), LEASE_NOT_NOW);
    ENSURE(!belief->fresh || clock_agrees(belief->now, lease->issued), LEASE_NOT_NOW);
    return RESULT_OK;
}

RESULT believe(const struct belief *belief, struct slice license_note, struct slice proof,
               struct believed *ret_believed)
{
    struct believed believed;
    TRY(check_license_signer(belief, license_note, &believed.license));
    TRY(check_license(belief, &believed.license));
    TRY(check_proof(&believed.license, proof, &believed));
    TRY(check_addressee(belief, &believed.license, &believed.lease));
    TRY(check_hardware(belief, &believed.lease));
    TRY(terms_check_extent(&believed.license, &believed.lease)); /* 7; its own dates, its reader has checked */
    TRY(check_clock(belief, &believed.lease));
    *ret_believed = believed;
    return RESULT_OK;
}
