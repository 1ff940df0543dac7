/*
 * The test scheme that stands for Ed25519 in most worlds: the one seam is libsodium's crypto_sign_*, which
 * core/tlog/keys.c alone calls, and the linker puts this between (--wrap). No library of Aval knows of it.
 *
 * A key's public half is a hash of its seed; a signature is two hashes of the public half and the text. So whoever
 * holds the public half could forge, which no party of a simulation does; but a signature of another key, of another
 * text, or with a bit changed is refused as Ed25519 would refuse it.
 */
#ifndef SIMULATE_SIGNATURES_H
#define SIMULATE_SIGNATURES_H

#include <stdbool.h>

/* From now on: Ed25519 itself. Keys of the one scheme are nothing to the other. */
void signatures_use_real(bool real);

#endif
