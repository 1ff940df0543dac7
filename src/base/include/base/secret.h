/*
 * Secret memory: locked, guarded, wiped at the end. The one place where base asks the system for something (mlock).
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/buffer.h"

/* Starts the cryptography library; call once in each process before anything else of Aval. NO_ENTROPY where it fails.
 * Thread-safe. */
RESULT secret_start(void);

/* `size` bytes of locked memory, zeroed; NULL where there is none. Yours to free. */
void *secret_new(size_t size);
/* Wipes and frees; takes NULL. */
void secret_free(void *secret);
/* Wipes memory that is not from secret_new. */
void secret_wipe(void *memory, size_t size);
/* For __attribute__((cleanup)) of a buffer that has a secret in it: wipes all of its memory before it is freed. */
void secret_buffer_free(struct buffer *buffer);
#define CLEANUP_SECRET_BUFFER __attribute__((cleanup(secret_buffer_free)))
/* base64_write for secrets, in a time that says nothing about them. */
void base64_write_secret(const void *data, size_t size, char *text);
/* HMAC-SHA-256 (RFC 2104) of a message. */
enum { MAC_KEY_SIZE = 32, MAC_SIZE = 32 };
void secret_mac(const uint8_t key[static MAC_KEY_SIZE], struct slice message, uint8_t ret_mac[static MAC_SIZE]);
/* Compares in constant time. */
bool secret_equal(const void *a, const void *b, size_t size);

#endif
