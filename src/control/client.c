/* Asking a host's control interface; see client.h. */
#include "control/client.h"

#include "base/sentences.h"
#include "late/curl.h"
#include "proto/admin/failure.h"
#include "proto/api.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { URL_SIZE = 4096, SOCKET_PATH_SIZE = 64, HTTP_FINE = 200 };

/* Where an answer goes: all of it, or that of a failure only, into `text`. */
struct sink {
    const struct curl_calls *lib;
    CURL *curl;
    struct buffer text;
    RESULT (*take)(void *context, struct slice piece, struct reason *reason); /* NULL: none */
    void *context;
    struct result state;   /* what `take` said */
    struct reason *reason; /* the same */
};

static long status_of(const struct sink *sink)
{
    long status = 0;
    sink->lib->easy_getinfo(sink->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static size_t on_data(char *data, size_t size, size_t count, void *context)
{
    struct sink *sink = context;
    if (sink->take != NULL && status_of(sink) == HTTP_FINE) {
        sink->state = sink->take(sink->context, slice_make(data, size * count), sink->reason);
        return is_ok(sink->state) ? size * count : 0;
    }
    buffer_append(&sink->text, data, size * count);
    return is_ok(buffer_status(&sink->text)) ? size * count : 0;
}

static RESULT failure_of(const struct sink *sink, CURLcode code)
{
    long reason = 0;
    sink->lib->easy_getinfo(sink->curl, CURLINFO_OS_ERRNO, &reason);
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        return reason == EACCES || reason == EPERM ? FAIL(CONTROL_REFUSED) : FAIL(CONTROL_ABSENT);
    case CURLE_OPERATION_TIMEDOUT:
        return FAIL(HOST_TIMEOUT);
    case CURLE_OUT_OF_MEMORY:
        return FAIL(NO_MEMORY);
    default:
        return FAIL(HOST_ANSWER);
    }
}

/* What the host said instead of an answer. */
static RESULT failure_said(struct slice text, struct reason *reason)
{
    struct control_failure failure;
    TRY(control_failure_read(text, &failure));
    const struct error_info *info = error_by_name(failure.code);
    ENSURE(info != NULL, HOST_ANSWER);
    const bool own = strcmp(failure.message, info->sentence) != 0;
    return own ? reason_say(reason, FAIL_CODE(info->code), "%s", failure.message) : FAIL_CODE(info->code);
}

/* A stream may take its time as a whole, but must not stand still. */
static void limit_time(const struct sink *sink)
{
    if (sink->take != NULL) {
        sink->lib->easy_setopt(sink->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        sink->lib->easy_setopt(sink->curl, CURLOPT_LOW_SPEED_TIME, (long)CONTROL_WAIT_SECONDS);
    } else {
        sink->lib->easy_setopt(sink->curl, CURLOPT_TIMEOUT, (long)CONTROL_WAIT_SECONDS);
    }
}

static RESULT ask_socket(struct sink *sink, int directory, const char *method, const char *path, struct slice body)
{
    const struct curl_calls *const lib = sink->lib;
    CURL *curl = sink->curl;
    char url[URL_SIZE];
    char socket[SOCKET_PATH_SIZE];
    snprintf(socket, sizeof socket, "/proc/self/fd/%d/%s", directory, CONTROL_SOCKET);
    const int length = snprintf(url, sizeof url, "http://control%s", path);
    ENSURE(length > 0 && (size_t)length < sizeof url, TEXT_TOO_LONG);
    lib->easy_setopt(curl, CURLOPT_URL, url);
    lib->easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
    lib->easy_setopt(curl, CURLOPT_PROXY, ""); /* whatever the environment says */
    lib->easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    limit_time(sink);
    lib->easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    lib->easy_setopt(curl, CURLOPT_WRITEDATA, sink);
    if (strcmp(method, "POST") == 0) {
        lib->easy_setopt(curl, CURLOPT_POSTFIELDS, body.size == 0 ? "" : (const char *)body.data);
        lib->easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body.size);
    }
    const CURLcode code = lib->easy_perform(curl);
    TRY(sink->state);
    return code == CURLE_OK ? RESULT_OK : failure_of(sink, code);
}

static RESULT ask_folder(struct sink *sink, const char *folder, const char *method, const char *path, struct slice body,
                         struct reason *reason)
{
    TRY(curl_open(&sink->lib, reason));
    /* By the folder's descriptor, since the address of a Unix socket is short and a folder's path need not be. */
    const int directory = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return errno == EACCES ? FAIL(CONTROL_REFUSED) : FAIL(CONTROL_ABSENT);
    sink->curl = sink->lib->easy_init();
    if (sink->curl == NULL) {
        close(directory);
        return FAIL(NO_MEMORY);
    }
    struct result state = ask_socket(sink, directory, method, path, body);
    if (result_code(state) == ERR_HOST_ANSWER && sink->take != NULL && status_of(sink) == HTTP_FINE)
        state = reason_say(reason, FAIL(ANSWER_CUT), "%s",
                           _("the stream ended early; the host's log names the file that it could not read, or says "
                             "why the host ended"));
    if (is_ok(state) && status_of(sink) != HTTP_FINE)
        state = failure_said(buffer_slice(&sink->text), reason);
    sink->lib->easy_cleanup(sink->curl);
    close(directory);
    return state;
}

RESULT control_ask(const char *folder, const char *method, const char *path, struct slice body, struct buffer *out,
                   struct reason *reason)
{
    struct sink sink = {.text = buffer_make(CONTROL_ANSWER_MAX)};
    struct result state = ask_folder(&sink, folder, method, path, body, reason);
    if (is_ok(state)) {
        buffer_append_slice(out, buffer_slice(&sink.text));
        state = buffer_status(out);
    }
    buffer_free(&sink.text);
    return state;
}

RESULT control_stream(const char *folder, const char *path,
                      RESULT (*take)(void *context, struct slice piece, struct reason *reason), void *context,
                      struct reason *reason)
{
    struct sink sink = {.text = buffer_make(CONTROL_ANSWER_MAX), .take = take, .context = context, .reason = reason};
    const struct result state = ask_folder(&sink, folder, "GET", path, slice_make(NULL, 0), reason);
    buffer_free(&sink.text);
    return state;
}
