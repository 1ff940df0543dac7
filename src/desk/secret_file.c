/* Secrets from files; see secret_file.h. */
#include "desk/secret_file.h"

#include "base/secret.h"
#include "desk/seal.h"
#include "system/files.h"

#include <sodium.h>
#include <string.h>

/* A buffer that has grown to its limit already and is locked. */
static RESULT locked_buffer_make(size_t limit, struct buffer *ret_buffer)
{
    static const uint8_t zeros[256];
    struct buffer buffer = buffer_make(limit);
    while (buffer.size < limit) {
        const size_t left = limit - buffer.size;
        buffer_append(&buffer, zeros, left < sizeof zeros ? left : sizeof zeros);
        if (!is_ok(buffer_status(&buffer))) {
            buffer_free(&buffer);
            return FAIL(NO_MEMORY);
        }
    }
    buffer_clear(&buffer);
    /* Where the system's limit on locked memory is too low, the wipe is what remains. */
    (void)sodium_mlock(buffer.data, buffer.capacity);
    *ret_buffer = buffer;
    return RESULT_OK;
}

static void locked_buffer_free(struct buffer *buffer)
{
    (void)sodium_munlock(buffer->data, buffer->capacity);
    secret_wipe(buffer->data, buffer->capacity);
    buffer_free(buffer);
}

static RESULT copy_secret(struct slice text, char **ret_text)
{
    ENSURE(text.size == 0 || memchr(text.data, 0, text.size) == NULL, TEXT_NOT_UTF8);
    char *copy = secret_new(text.size + 1);
    ENSURE(copy != NULL, NO_MEMORY);
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    *ret_text = copy;
    return RESULT_OK;
}

typedef RESULT reader(const char *path, struct buffer *out, struct reason *reason);

static RESULT read_locked(const char *path, reader *read, size_t limit, char **ret_text, struct reason *reason)
{
    struct buffer buffer;
    TRY(locked_buffer_make(limit, &buffer));
    struct result result = read(path, &buffer, reason);
    if (is_ok(result))
        result = copy_secret(buffer_slice(&buffer), ret_text);
    locked_buffer_free(&buffer);
    return result;
}

RESULT secret_file_read(const char *path, size_t limit, char **ret_text, struct reason *reason)
{
    return read_locked(path, file_read_kept, limit, ret_text, reason);
}

/* It may come through a pipe. */
RESULT passphrase_file_read(const char *path, char **ret_passphrase, struct reason *reason)
{
    char *text = NULL;
    TRY(read_locked(path, file_read, PASSPHRASE_MAX, &text, reason));
    text[strcspn(text, "\r\n")] = '\0';
    if (text[0] == '\0') {
        secret_free(text);
        return FAIL(TEXT_EMPTY);
    }
    *ret_passphrase = text;
    return RESULT_OK;
}
