/*
 * The control interface on its Unix socket; see control.h. Its handlers are in resources/.
 *
 * Always: the socket exists with mode 0600 from its first moment, and each peer is asked of the kernel before anything
 * of its requests is looked at. One thread serves all connections, so the reader handle is that thread's alone.
 */
#include "host/control.h"

#include "archiving.h"
#include "authority/folder.h"
#include "copying.h"
#include "http/server.h"
#include "proto/admin/limits.h"
#include "proto/api.h"
#include "question.h"
#include "resources/resources.h"
#include "system/files.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    CONTROL_CONNECTIONS = 32,
    CONTROL_IDLE_SECONDS = 10,
    CONTROL_REQUEST_SECONDS = 60,
    CONTROL_PAUSE_SECONDS = 600, /* that whoever reads an export may pause, in a pager for instance */
    CONTROL_HEADERS_MAX = 16 * 1024,
};

struct control {
    struct control_options options;
    char folder[PATH_SIZE];
    struct http_server *server;
};

static const struct http_route routes[] = {
    {METHOD_GET, CONTROL_STATUS, resource_status},
    {METHOD_GET, CONTROL_LICENSES, resource_licenses},
    {METHOD_GET, CONTROL_MACHINES, resource_machines},
    {METHOD_GET, CONTROL_MACHINE "*", resource_machine},
    {METHOD_GET, CONTROL_MACHINE "*/why", resource_why},
    {METHOD_POST, CONTROL_MACHINE "*/label", resource_label},
    {METHOD_POST, CONTROL_MACHINE "*/block", resource_block},
    {METHOD_POST, CONTROL_MACHINE "*/unblock", resource_unblock},
    {METHOD_POST, CONTROL_MACHINE "*/reclaim", resource_reclaim},
    {METHOD_GET, CONTROL_DENIALS, resource_denials},
    {METHOD_POST, CONTROL_RELOAD, resource_reload},
    {METHOD_POST, CONTROL_ARCHIVE, resource_archive},
    {METHOD_GET, CONTROL_ARCHIVE, resource_archiving},
    {METHOD_POST, CONTROL_ARCHIVE_CHECK, resource_archive_check},
    {METHOD_POST, CONTROL_COPY, resource_copy},
    {METHOD_GET, CONTROL_COPY, resource_copying},
    {METHOD_GET, CONTROL_CHECKPOINT, resource_checkpoint},
    {METHOD_POST, CONTROL_VERIFY, resource_verify},
    {METHOD_GET, CONTROL_EPOCHS, resource_epochs},
    {METHOD_GET, CONTROL_EXPORT, resource_export},
    {METHOD_POST, CONTROL_ANSWER, resource_answer},
    {METHOD_GET, API_INTRODUCE "**", resource_introduction},
    {METHOD_GET, API_LEDGER "**", resource_tiles},
};

static bool admit(void *context, const struct http_peer *peer)
{
    const struct control_options *const options = context;
    if (peer->user == 0 || peer->user == geteuid())
        return true;
    LOG_EVENT(options->log, LOG_WARNING, "control-refused", NUMBER_FIELD("user", peer->user));
    return false;
}

static RESULT serve(struct control *control, struct reason *reason)
{
    const struct http_options options = {
        .folder = control->folder,
        .socket = CONTROL_SOCKET,
        .threads = 1,
        .connections = CONTROL_CONNECTIONS,
        .connections_per_address = CONTROL_CONNECTIONS,
        .head_max = CONTROL_HEADERS_MAX,
        .body_max = CONTROL_BODY_MAX,
        .idle_timeout = CONTROL_IDLE_SECONDS,
        .request_timeout = CONTROL_REQUEST_SECONDS,
        .pause_timeout = CONTROL_PAUSE_SECONDS,
        .routes = routes,
        .route_count = sizeof routes / sizeof *routes,
        .context = &control->options,
        .admit = admit,
        .refuse = question_refused,
        .log = control->options.log,
        .name = "control",
    };
    return http_server_start(&options, &control->server, reason);
}

/* What is done in threads of their own. */
static RESULT make_asides(struct control *control)
{
    char path[PATH_SIZE];
    struct control_options *const options = &control->options;
    TRY(path_join(path, control->folder, FOLDER_COPY));
    TRY(copying_new(options->engine, path, options->log, &options->copying));
    return archiving_new(options->engine, control->folder, options->log, &options->archiving);
}

static void free_asides(struct control *control)
{
    archiving_free(control->options.archiving);
    copying_free(control->options.copying);
}

RESULT control_start(const struct control_options *options, struct control **ret_control, struct reason *reason)
{
    struct control *const control = calloc(1, sizeof *control);
    ENSURE(control != NULL, NO_MEMORY);
    control->options = *options;
    control->options.copying = NULL;
    control->options.archiving = NULL;
    struct result state = slice_copy_text(slice_of(options->folder), control->folder, sizeof control->folder);
    control->options.folder = control->folder;
    if (is_ok(state))
        state = make_asides(control);
    if (is_ok(state))
        state = serve(control, reason);
    if (result_code(state) == ERR_FILE_WRITE)
        LOG_EVENT(options->log, LOG_ERROR, "control-socket-failed", TEXT_FIELD("folder", options->folder),
                  TEXT_FIELD("reason", reason_text(reason)));
    if (!is_ok(state)) {
        free_asides(control);
        free(control);
        return state;
    }
    *ret_control = control;
    return RESULT_OK;
}

void control_stop(struct control *control)
{
    if (control == NULL)
        return;
    http_server_stop(control->server);
    free_asides(control);
    free(control);
}
