/* Both texts of keys from arbitrary bytes: what is read is written again as the same bytes. */
#include "base/secret.h"
#include "core/tlog/note.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!is_ok(secret_start()))
        return 0;
    const struct slice bytes = slice_make(data, size);
    struct verifier_key key;
    if (is_ok(verifier_key_read(bytes, &key))) {
        char text[VERIFIER_KEY_TEXT_SIZE];
        verifier_key_write(&key, text);
        assert(slice_is(bytes, text));
    }
    CLEANUP_SIGNING_KEY struct signing_key *secret = NULL;
    if (is_ok(signing_key_read(bytes, &secret))) {
        CLEANUP_BUFFER struct buffer again = buffer_make(size);
        signing_key_write(secret, &again);
        assert(is_ok(buffer_status(&again)) && slice_equal(buffer_slice(&again), bytes));
    }
    return 0;
}
