/* A request to be patched; see template.h. */
#include "template.h"

#include <stdlib.h>
#include <string.h>

/* Position of the value of the n-th line with that key; the document was just written and has it. */
static size_t value_at(const struct template *template, const char *key, size_t n)
{
    const size_t length = strlen(key);
    const uint8_t *at = template->bytes + template->body;
    const uint8_t *const end = template->bytes + template->size;
    while (at < end) {
        const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
        if (newline == NULL)
            break;
        if ((size_t)(newline - at) > length && memcmp(at, key, length) == 0 && at[length] == ' ' && n-- == 0)
            return (size_t)(at - template->bytes) + length + 1;
        at = newline + 1;
    }
    abort();
}

RESULT template_make(const struct request *request, const char *host, const char *path, struct template *ret_template)
{
    struct bench_machine machine;
    struct request whole = *request;
    bench_machine_make(BENCH_SEED, 0, &machine);
    whole.machine = machine.id;
    whole.lock = machine.lock;
    bench_machine_hardware(&machine, &whole.hardware);
    CLEANUP_BUFFER struct buffer body = buffer_make(TEMPLATE_MAX);
    TRY(request_write(&whole, &body));

    CLEANUP_BUFFER struct buffer text = buffer_make(TEMPLATE_MAX);
    buffer_printf(&text,
                  "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: aval/" AVAL_VERSION
                  "\r\nAccept: */*\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n\r\n",
                  path, host, body.size);
    struct template template = {.body = text.size};
    buffer_append_slice(&text, buffer_slice(&body));
    TRY(buffer_status(&text));
    template.size = text.size;
    memcpy(template.bytes, text.data, text.size);

    template.machine = value_at(&template, "machine", 0);
    for (size_t i = 0; i < BENCH_DIGESTS; i++)
        template.digests[i] = value_at(&template, "hardware", i) + strlen(bench_digest_kinds[i]) + 1;
    template.nonce = value_at(&template, "nonce", 0);
    template.lock = value_at(&template, "lock", 0);
    template.time = value_at(&template, "time", 0);
    *ret_template = template;
    return RESULT_OK;
}

void template_set_time(struct template *template, seconds now)
{
    char text[TIME_TEXT_SIZE];
    time_write(now, text);
    memcpy(template->bytes + template->time, text, TIME_TEXT_SIZE - 1);
}

/* Without a final zero, and faster than the library's, which takes care for secrets that are none here. */
static void put_base64(uint8_t *at, const uint8_t *bytes, size_t size)
{
    static const char SYMBOLS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3, at += 4) {
        const size_t left = size - i;
        const uint32_t word = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                              (left > 2 ? (uint32_t)bytes[i + 2] : 0);
        at[0] = (uint8_t)SYMBOLS[word >> 18];
        at[1] = (uint8_t)SYMBOLS[word >> 12 & 63];
        at[2] = left > 1 ? (uint8_t)SYMBOLS[word >> 6 & 63] : (uint8_t)'=';
        at[3] = left > 2 ? (uint8_t)SYMBOLS[word & 63] : (uint8_t)'=';
    }
}

static void put_hex(uint8_t *at, const uint8_t *bytes, size_t size)
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        at[2 * i] = (uint8_t)DIGITS[bytes[i] >> 4];
        at[2 * i + 1] = (uint8_t)DIGITS[bytes[i] & 15];
    }
}

void template_fill(struct template *template, const struct bench_machine *machine, const struct nonce *nonce)
{
    put_hex(template->bytes + template->machine, machine->id.bytes, MACHINE_ID_SIZE);
    for (size_t i = 0; i < BENCH_DIGESTS; i++)
        put_base64(template->bytes + template->digests[i], machine->digests[i], DIGEST_SIZE);
    put_base64(template->bytes + template->nonce, nonce->bytes, NONCE_SIZE);
    put_base64(template->bytes + template->lock, machine->lock.bytes, HASH_SIZE);
}
