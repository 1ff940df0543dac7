/* Asking a host's control interface; see control_client.h. */
#include "host/control_client.h"

#include "proto/api.h"
#include "system/files.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { URL_SIZE = 4096, SOCKET_PATH_SIZE = 64, HTTP_FINE = 200 };

static size_t on_data(char *data, size_t size, size_t count, void *context)
{
    struct buffer *out = context;
    buffer_append(out, data, size * count);
    return is_ok(buffer_status(out)) ? size * count : 0;
}

static struct result failure_of(CURL *curl, CURLcode code)
{
    long reason = 0;
    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &reason);
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
static struct result failure_said(struct slice text, char ret_message[static CONTROL_MESSAGE_SIZE])
{
    struct control_failure failure;
    TRY(control_failure_read(text, &failure));
    const struct error_info *info = error_by_name(failure.code);
    ENSURE(info != NULL, HOST_ANSWER);
    if (strcmp(failure.message, info->sentence) != 0)
        memcpy(ret_message, failure.message, sizeof failure.message);
    return FAIL_CODE(info->code);
}

static struct result perform(CURL *curl, int directory, const char *method, const char *path, struct slice body,
                             struct buffer *out)
{
    char url[URL_SIZE];
    char socket[SOCKET_PATH_SIZE];
    snprintf(socket, sizeof socket, "/proc/self/fd/%d/%s", directory, CONTROL_SOCKET);
    const int length = snprintf(url, sizeof url, "http://control%s", path);
    ENSURE(length > 0 && (size_t)length < sizeof url, TEXT_TOO_LONG);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* whatever the environment says */
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)CONTROL_WAIT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    if (strcmp(method, "POST") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.size == 0 ? "" : (const char *)body.data);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body.size);
    }
    const CURLcode code = curl_easy_perform(curl);
    return code == CURLE_OK ? RESULT_OK : failure_of(curl, code);
}

RESULT control_ask(const char *folder, const char *method, const char *path, struct slice body, struct buffer *out,
                   char ret_message[static CONTROL_MESSAGE_SIZE])
{
    *ret_message = 0;
    /* By the folder's descriptor, since the address of a Unix socket is short and a folder's path need not be. */
    const int directory = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return errno == EACCES ? FAIL(CONTROL_REFUSED) : FAIL(CONTROL_ABSENT);
    CURL *curl = curl_easy_init();
    if (curl == NULL) {
        close(directory);
        return FAIL(NO_MEMORY);
    }
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    struct result state = perform(curl, directory, method, path, body, &answer);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    close(directory);
    TRY(state);
    if (status != HTTP_FINE)
        return failure_said(buffer_slice(&answer), ret_message);
    buffer_append_slice(out, buffer_slice(&answer));
    return buffer_status(out);
}
