/* tlog-proofs from arbitrary bytes: what is read is written again as the same bytes, and only the ledger's own key
 * makes one hold. */
#include "core/tlog/proof.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = slice_make(data, size);
    struct tlog_proof proof;
    if (!is_ok(tlog_proof_read(bytes, &proof)))
        return 0;
    CLEANUP_BUFFER struct buffer again = buffer_make(PROOF_MAX);
    tlog_proof_write(&proof, &again);
    assert(is_ok(buffer_status(&again)) && slice_equal(buffer_slice(&again), bytes));

    struct verifier_key key;
    static const uint8_t public_key[PUBLIC_KEY_SIZE] = {0x58, 0x66};
    struct checkpoint checkpoint;
    if (is_ok(verifier_key_make(slice_of("example.com/log/testdata"), public_key, &key)))
        assert(!is_ok(tlog_proof_verify(&proof, slice_make(proof.extra, proof.extra_size), &key, &checkpoint)));
    return 0;
}
