/*
 * Requests to a server from arbitrary bytes: in whatever pieces they come, the same is read.
 *
 * The first byte says into pieces of how many bytes the rest is cut; what follows a whole request is the next one.
 */
#include "syntax/message.h"

#include <assert.h>
#include <string.h>

enum { SUM_MAX = 64 * 1024 };

static const struct message_limits limits = {.head = 8192, .body = 8192};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
    enum message_state state; /* of the last request */
    size_t requests;
    size_t used;
    struct buffer sum; /* what was read of the requests that were whole */
};

static void note(struct reading *reading, struct message *message)
{
    const struct slice body = message_body(message);
    assert(body.size <= limits.body);
    assert(strlen(target_path(&message->target)) < TARGET_SIZE);
    const char *const argument = target_argument(&message->target, "a");
    buffer_append_text(&reading->sum, target_path(&message->target));
    buffer_append_text(&reading->sum, argument == NULL ? "" : argument);
    buffer_append_byte(&reading->sum, (uint8_t)('0' + message->method));
    buffer_append_byte(&reading->sum, message->persists ? 'k' : 'c');
    buffer_append_slice(&reading->sum, body);
    reading->requests++;
}

static void read_in_pieces(struct slice bytes, size_t piece, struct reading *ret_reading)
{
    struct reading reading = {.state = MESSAGE_PARTIAL, .sum = buffer_make(SUM_MAX)};
    struct message message;
    message_begin(&message, &limits);
    while (reading.used < bytes.size && reading.state == MESSAGE_PARTIAL) {
        const size_t left = bytes.size - reading.used;
        size_t used = 0;
        reading.state =
            message_feed(&message, slice_make(bytes.data + reading.used, left < piece ? left : piece), &used);
        reading.used += used;
        if (reading.state != MESSAGE_WHOLE)
            continue;
        note(&reading, &message);
        message_end(&message);
        message_begin(&message, &limits);
        reading.state = MESSAGE_PARTIAL;
    }
    message_end(&message);
    *ret_reading = reading;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct slice bytes = slice_make(data + 1, size - 1);
    struct reading whole;
    struct reading pieces;
    read_in_pieces(bytes, SIZE_MAX, &whole);
    read_in_pieces(bytes, (size_t)data[0] + 1, &pieces);
    /* The last bytes of a head near its limit, which are no text, may pass in one piece and not in another. */
    if (bytes.size <= limits.head) {
        assert(whole.state == pieces.state && whole.requests == pieces.requests);
        assert(slice_equal(buffer_slice(&whole.sum), buffer_slice(&pieces.sum)));
    }
    buffer_free(&whole.sum);
    buffer_free(&pieces.sum);
    return 0;
}
