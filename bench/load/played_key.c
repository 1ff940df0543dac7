/* Keys of made-up machines; see played_key.h. */
#include "played_key.h"

#include <sodium.h>

_Static_assert(PLAYED_SECRET_SIZE == crypto_sign_SECRETKEYBYTES, "as libsodium keeps a secret key");

RESULT played_key_make(const uint8_t seed[static SEED_SIZE], struct played_key *ret_key)
{
    uint8_t public_key[PUBLIC_KEY_SIZE];
    char name[MACHINE_ID_TEXT_SIZE];
    ENSURE(crypto_sign_seed_keypair(public_key, ret_key->secret, seed) == 0, INTERNAL);
    const struct machine_id id = machine_id_of(public_key);
    machine_id_write(&id, name);
    return verifier_key_make(slice_of(name), public_key, &ret_key->verifier);
}

RESULT played_note_sign(struct slice text, const struct played_key *key, struct buffer *out)
{
    uint8_t signature[KEY_ID_SIZE + SIGNATURE_SIZE];
    key_id_write(key->verifier.id, signature);
    ENSURE(crypto_sign_detached(signature + KEY_ID_SIZE, NULL, text.data, text.size, key->secret) == 0, INTERNAL);
    buffer_append_slice(out, text);
    buffer_append_text(out, "\n\u2014 ");
    buffer_append_text(out, key->verifier.name);
    buffer_append_byte(out, ' ');
    buffer_append_base64(out, signature, sizeof signature);
    buffer_append_byte(out, '\n');
    return buffer_status(out);
}
