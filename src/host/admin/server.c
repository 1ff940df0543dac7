/*
 * The control interface over its Unix socket; see control.h. Its pages are in pages.c.
 *
 * Always: the socket exists with mode 0600 from its first moment, and each request's peer is asked of the kernel before
 * anything of it is looked at. One thread serves all connections, so the reader handle is that thread's alone.
 */
#include "host/control.h"

#include "ledger.h"
#include "pages.h"
#include "proto/api.h"
#include "proto/control.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    CONTROL_CONNECTIONS = 32,
    CONTROL_IDLE_SECONDS = 10,
    CONTROL_HEADERS_MAX = 16 * 1024,
    CONTROL_BACKLOG = 32,
};

struct control {
    struct control_options options;
    char folder[PATH_SIZE];
    struct MHD_Daemon *daemon;
};

/* One request under way. */
struct exchange {
    struct buffer body;
};

/* ---- who asks ---- */

static bool peer_is_allowed(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (info == NULL || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    return peer.uid == 0 || peer.uid == geteuid();
}

/* ---- HTTP ---- */

static enum MHD_Result reply(struct MHD_Connection *connection, int status, struct buffer *body)
{
    size_t size = 0;
    char *text = buffer_take(body, &size);
    struct MHD_Response *response = text == NULL
                                        ? MHD_create_response_from_buffer(0, (char[]){""}, MHD_RESPMEM_MUST_COPY)
                                        : MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(text);
        return MHD_NO;
    }
    enum MHD_Result sent = MHD_add_response_header(response, "Content-Type", TYPE_JSON);
    if (sent == MHD_YES)
        sent = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return sent;
}

static enum MHD_Result reply_failure(struct MHD_Connection *connection, struct result why)
{
    CLEANUP_BUFFER struct buffer body = buffer_make(CONTROL_ANSWER_MAX);
    const int status = control_failed(why, NULL, &body);
    return reply(connection, status, &body);
}

static const char *argument_of(void *context, const char *name)
{
    return MHD_lookup_connection_value(context, MHD_GET_ARGUMENT_KIND, name);
}

/* Pages that are not JSON, nor of a size known before they are read. */
static enum MHD_Result reply_ledger(const struct control *control, struct MHD_Connection *connection,
                                    const char *method, const char *path)
{
    char words[ENGINE_WORDS_SIZE] = "";
    struct MHD_Response *response = NULL;
    const struct result state = strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0
                                    ? FAIL(WRONG_METHOD)
                                    : control_ledger_answer(&control->options, connection, path, &response, words);
    if (!is_ok(state)) {
        CLEANUP_BUFFER struct buffer body = buffer_make(CONTROL_ANSWER_MAX);
        const int status = control_failed(state, words, &body);
        return reply(connection, status, &body);
    }
    const enum MHD_Result sent = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return sent;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data, size_t *size,
                                  void **request)
{
    (void)version;
    const struct control *control = context;
    struct exchange *exchange = *request;
    if (exchange == NULL) {
        exchange = calloc(1, sizeof *exchange);
        if (exchange == NULL)
            return MHD_NO;
        exchange->body = buffer_make(CONTROL_BODY_MAX);
        *request = exchange;
        if (peer_is_allowed(connection))
            return MHD_YES;
        LOG_EVENT(control->options.log, LOG_WARNING, "control-refused", TEXT_FIELD("path", path));
        return reply_failure(connection, FAIL(CONTROL_REFUSED));
    }
    if (*size > 0) {
        buffer_append(&exchange->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    if (!is_ok(buffer_status(&exchange->body)))
        return reply_failure(connection, FAIL(REQUEST_TOO_LARGE));
    if (control_ledger_has(path))
        return reply_ledger(control, connection, method, path);
    const struct control_question question = {method, path, argument_of, connection, buffer_slice(&exchange->body)};
    CLEANUP_BUFFER struct buffer body = buffer_make(CONTROL_ANSWER_MAX);
    const int status = control_page(&control->options, &question, &body);
    return reply(connection, status, &body);
}

static void on_end(void *context, struct MHD_Connection *connection, void **request,
                   enum MHD_RequestTerminationCode why)
{
    (void)context;
    (void)connection;
    (void)why;
    struct exchange *exchange = *request;
    if (exchange == NULL)
        return;
    buffer_free(&exchange->body);
    free(exchange);
    *request = NULL;
}

/* ---- the socket ---- */

/* Binds by way of the folder's descriptor: the address of a Unix socket holds 107 characters, a folder's path can be
 * longer. A socket that a killed avald left is in nobody's use, since whoever is here holds the folder's lock. */
static bool bind_in(const char *folder, int listener)
{
    const int directory = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return false;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, CONTROL_SOCKET);
    bool bound = unlinkat(directory, CONTROL_SOCKET, 0) == 0 || errno == ENOENT;
    /* The mode of the socket before bind is that of its file, so that there is no moment with another. */
    bound =
        bound && fchmod(listener, 0600) == 0 && bind(listener, (const struct sockaddr *)&address, sizeof address) == 0;
    const int reason = errno;
    close(directory);
    errno = reason;
    return bound;
}

static RESULT listen_in(const struct control_options *options, int *ret_listener)
{
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener >= 0 && bind_in(options->folder, listener) && listen(listener, CONTROL_BACKLOG) == 0) {
        *ret_listener = listener;
        return RESULT_OK;
    }
    LOG_EVENT(options->log, LOG_ERROR, "control-socket-failed", TEXT_FIELD("folder", options->folder),
              TEXT_FIELD("reason", strerror(errno)));
    if (listener >= 0)
        close(listener);
    return FAIL(FILE_WRITE);
}

RESULT control_start(const struct control_options *options, struct control **ret_control)
{
    struct control *control = calloc(1, sizeof *control);
    ENSURE(control != NULL, NO_MEMORY);
    control->options = *options;
    int listener = -1;
    struct result state = slice_copy_text(slice_of(options->folder), control->folder, sizeof control->folder);
    if (is_ok(state))
        state = listen_in(options, &listener);
    if (!is_ok(state)) {
        free(control);
        return state;
    }
    control->options.folder = control->folder;
    control->daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, control, MHD_OPTION_LISTEN_SOCKET,
                         listener, MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_CONNECTION_LIMIT,
                         (unsigned)CONTROL_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONTROL_IDLE_SECONDS,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONTROL_HEADERS_MAX, MHD_OPTION_END);
    if (control->daemon == NULL) {
        close(listener);
        free(control);
        return FAIL(INTERNAL);
    }
    *ret_control = control;
    return RESULT_OK;
}

void control_stop(struct control *control)
{
    if (control == NULL)
        return;
    char path[PATH_SIZE];
    if (is_ok(path_join(path, control->folder, CONTROL_SOCKET)))
        result_ignore(file_remove(path, NULL));
    MHD_stop_daemon(control->daemon); /* closes the socket too */
    free(control);
}
