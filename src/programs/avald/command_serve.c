/*
 * `avald serve`: starts the parts in order, waits for signals, and stops the parts in the opposite order.
 *
 * Always: signals are blocked in every thread and taken by the main thread alone, so that none of them, nor a second
 * one of a kind, interrupts a commit. What was started is stopped whatever the next part's failure.
 */
#include "authority/folder.h"
#include "base/sentences.h"
#include "commands.h"
#include "host/control.h"
#include "host/listener.h"
#include "ledger/archive.h"
#include "reading.h"
#include "store/sqlite.h"
#include "system/clock.h"
#include "terminal/say.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    OTHER_DESCRIPTORS = 256, /* beside those of the machines' connections */
    RELOAD_WAIT_SECONDS = 20,
    VALUE_MAX = 4096,
    LOG_MILLISECONDS = 1000, /* that the last lines may take to be read */
};

struct serving {
    const struct arguments *arguments;
    struct config config;
    unsigned connections; /* at once: as configured, or as many as the system allows */
    struct log log;
    int lock;
    struct store *store;
    struct store *reader;
    struct engine *engine;
    struct listener *listener;
    struct control *control;

    /* Reloads that were asked for through the control interface, and those that are done. */
    pthread_mutex_t reload_lock;
    pthread_cond_t reload_done;
    uint64_t reloads_asked;
    uint64_t reloads_done;
    struct control_reading reading; /* what the last one came to */
    bool stopping;
};

/* ---- what can go wrong at the start ---- */

/* To a person in a sentence, to a collector of JSON in JSON. */
static int start_failed(const struct serving *serving, const char *what, struct result why, const char *detail)
{
    const struct error_info *info = error_info(result_code(why));
    if (serving->log.format == LOG_FORMAT_TEXT)
        return say_failure(AVALD, what, why, detail);
    LOG_EVENT(&serving->log, LOG_ERROR, "start-failed", TEXT_FIELD("what", what), TEXT_FIELD("code", info->name),
              TEXT_FIELD("message", info->sentence), TEXT_FIELD("detail", detail == NULL ? "" : detail));
    return info->exit_status;
}

/* ---- reload ---- */

static void count_licenses(const struct authority *authority, int64_t *ret_vendors, int64_t *ret_licenses)
{
    *ret_vendors = (int64_t)authority->vendor_count;
    *ret_licenses = 0;
    for (size_t i = 0; i < authority->vendor_count; i++)
        *ret_licenses += (int64_t)authority->vendors[i].license_count;
}

/* Says which changed options wait for a restart. */
static void tell_restart_needed(const struct serving *serving, const struct config *config,
                                struct control_reading *reading)
{
    for (const struct config_option *option = config_options; option->section != NULL; option++) {
        CLEANUP_BUFFER struct buffer now = buffer_make(VALUE_MAX);
        CLEANUP_BUFFER struct buffer then = buffer_make(VALUE_MAX);
        config_value_write(&serving->config, option, &now);
        config_value_write(config, option, &then);
        if (option->live || slice_equal(buffer_slice(&now), buffer_slice(&then)))
            continue;
        reading_wait(reading, option->flag);
        LOG_EVENT(&serving->log, LOG_WARNING, "restart-needed", TEXT_FIELD("option", option->flag),
                  TEXT_FIELD("now", buffer_text(&now)), TEXT_FIELD("after", buffer_text(&then)));
    }
}

static struct new_rates rates_of(const struct config *config)
{
    return (struct new_rates){.address = {config->new_at_once, config->new_per_hour},
                              .all = {config->new_at_once_total, config->new_per_hour_total}};
}

/* What the configuration says of the site key, whose files are the folder's. */
static void apply_site(const struct serving *serving, struct authority *authority)
{
    const bool required = serving->config.site_required;
    authority->site_required = required;
    if (authority->site_keys != NULL)
        LOG_EVENT(&serving->log, LOG_INFO, "site-key", NUMBER_FIELD("keys", authority->site_keys->count),
                  TEXT_FIELD("required", required ? "yes" : "no"));
    else if (required)
        LOG_EVENT(&serving->log, LOG_ERROR, "site-key-absent",
                  TEXT_FIELD("message", error_info(ERR_SITE_KEY_ABSENT)->sentence));
}

static void reload_config(struct serving *serving, struct control_reading *reading)
{
    struct config config;
    const char *path = NULL;
    struct reason reason = {.text = ""};
    const struct result state = command_config(serving->arguments, &config, &path, &reason);
    if (!is_ok(state)) {
        LOG_EVENT(&serving->log, LOG_ERROR, "config-refused", TEXT_FIELD("file", path == NULL ? "" : path),
                  NUMBER_FIELD("line", result_place(state)), TEXT_FIELD("code", error_info(result_code(state))->name),
                  TEXT_FIELD("reason", reason.text));
        reading_refuse(reading, CONTROL_CONFIGURATION, path, state, &reason, clock_now());
        return;
    }
    log_set(&serving->log, config.log_level, config.log_format);
    const struct new_rates rates = rates_of(&config);
    engine_set_rates(serving->engine, &rates);
    listener_set_networks(serving->listener, &config.networks);
    serving->config.site_required = config.site_required;
    tell_restart_needed(serving, &config, reading);
}

static void reload(struct serving *serving, struct control_reading *reading)
{
    reload_config(serving, reading);
    struct authority *authority = NULL;
    struct reason reason = {.text = ""};
    const struct result state = authority_load(serving->config.data, &serving->log, &authority, &reason);
    if (!is_ok(state)) {
        LOG_EVENT(&serving->log, LOG_ERROR, "reload-failed", TEXT_FIELD("code", error_info(result_code(state))->name),
                  TEXT_FIELD("reason", reason.text));
        reading_refuse(reading, CONTROL_FOLDER, serving->config.data, state, &reason, clock_now());
        return;
    }
    int64_t vendors = 0;
    int64_t licenses = 0;
    count_licenses(authority, &vendors, &licenses);
    apply_site(serving, authority);
    engine_set_authority(serving->engine, authority);
    LOG_EVENT(&serving->log, LOG_INFO, "reloaded", NUMBER_FIELD("vendors", vendors),
              NUMBER_FIELD("licenses", licenses));
}

/* On the control's thread: has the main thread reload, and waits for it. */
static bool reload_and_wait(void *context)
{
    struct serving *serving = context;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += RELOAD_WAIT_SECONDS;
    pthread_mutex_lock(&serving->reload_lock);
    const uint64_t mine = ++serving->reloads_asked;
    kill(getpid(), SIGHUP);
    int waited = 0;
    while (serving->reloads_done < mine && !serving->stopping && waited == 0)
        waited = pthread_cond_clockwait(&serving->reload_done, &serving->reload_lock, CLOCK_MONOTONIC, &until);
    const bool done = serving->reloads_done >= mine;
    pthread_mutex_unlock(&serving->reload_lock);
    return done;
}

static void last_reading(void *context, struct control_reading *ret_reading)
{
    struct serving *serving = context;
    pthread_mutex_lock(&serving->reload_lock);
    *ret_reading = serving->reading;
    pthread_mutex_unlock(&serving->reload_lock);
}

static void on_hangup(struct serving *serving)
{
    pthread_mutex_lock(&serving->reload_lock);
    const uint64_t asked = serving->reloads_asked;
    pthread_mutex_unlock(&serving->reload_lock);
    struct control_reading reading = {0};
    reload(serving, &reading);
    pthread_mutex_lock(&serving->reload_lock);
    serving->reading = reading;
    serving->reloads_done = asked;
    pthread_cond_broadcast(&serving->reload_done);
    pthread_mutex_unlock(&serving->reload_lock);
}

/* ---- start ---- */

/* Where the system does not allow as many, there are fewer connections: without a descriptor nobody is answered. */
static void raise_descriptors(struct serving *serving)
{
    serving->connections = serving->config.connections;
    const rlim_t needed = (rlim_t)serving->config.connections + OTHER_DESCRIPTORS;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
        return;
    const struct rlimit both = {needed, limit.rlim_max < needed ? needed : limit.rlim_max};
    const struct rlimit soft = {limit.rlim_max < needed ? limit.rlim_max : needed, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &both) == 0)
        return;
    const rlim_t allowed = setrlimit(RLIMIT_NOFILE, &soft) == 0 ? soft.rlim_cur : limit.rlim_cur;
    if (allowed >= needed)
        return;
    const rlim_t other = OTHER_DESCRIPTORS;
    const rlim_t left = allowed > 2 * other ? allowed - other : (allowed + 1) / 2;
    serving->connections = (unsigned)left;
    LOG_EVENT(&serving->log, LOG_WARNING, "few-descriptors", NUMBER_FIELD("needed", needed),
              NUMBER_FIELD("limit", allowed), NUMBER_FIELD("connections", left));
}

static int lock_folder(struct serving *serving)
{
    char path[PATH_SIZE];
    char name[HOST_NAME_SIZE];
    struct reason reason = {.text = ""};
    struct result state = folder_host_name(serving->config.data, name, &reason);
    if (!is_ok(state))
        return start_failed(serving, serving->config.data, state, reason.text);
    state = path_join(path, serving->config.data, FOLDER_LOCK);
    if (is_ok(state))
        state = file_lock(path, FOLDER_LOCK_WAIT_MS, &serving->lock, &reason);
    if (result_code(state) == ERR_LOCKED)
        return start_failed(serving, serving->config.data, state, _("an avald serves it already"));
    if (!is_ok(state))
        return start_failed(serving, serving->config.data, state, reason.text);
    raise_descriptors(serving);
    return EXIT_FINE;
}

static int open_stores(struct serving *serving)
{
    char path[PATH_SIZE];
    struct reason reason = {.text = ""};
    struct result state = path_join(path, serving->config.data, FOLDER_DATABASE);
    if (!is_ok(state))
        return start_failed(serving, serving->config.data, state, NULL);
    /* The index of the write-ahead log in memory of this process and not in a mapped file: where a disk becomes
     * read-only or full, writing to a mapping kills the process with SIGBUS, while any other write fails and can be
     * answered. It makes avald the only one who can open the database meanwhile. */
    const struct store_sqlite_options options = {.path = path, .vfs = "unix-excl", .create = true};
    state = store_open_sqlite(&options, &serving->store, &reason);
    if (is_ok(state)) {
        archive_attach(serving->store, serving->config.data);
        state = store_open_reader(serving->store, &serving->reader, &reason);
    }
    if (is_ok(state))
        return EXIT_FINE;
    return start_failed(serving, path, state, reason.text);
}

static int start_engine(struct serving *serving)
{
    struct authority *authority = NULL;
    struct reason reason = {.text = ""};
    struct result state = authority_load(serving->config.data, &serving->log, &authority, &reason);
    if (!is_ok(state))
        return start_failed(serving, serving->config.data, state, reason.text);
    apply_site(serving, authority);
    const struct engine_options options = {.store = serving->store,
                                           .signer = signer_process(serving->config.data),
                                           .authority = authority,
                                           .log = &serving->log,
                                           .now = clock_now,
                                           .milliseconds = clock_monotonic_ms,
                                           .about = serving->config.machines_about,
                                           .rates = rates_of(&serving->config),
                                           .queue = serving->config.queue,
                                           .batch = serving->config.batch};
    state = engine_start(&options, &serving->engine, &reason);
    authority_release(authority); /* the engine has its own reference */
    if (is_ok(state))
        return EXIT_FINE;
    return start_failed(serving, serving->config.data, state, reason.text);
}

static int start_listeners(struct serving *serving)
{
    struct reason reason = {.text = ""};
    struct config allowed = serving->config;
    allowed.connections = serving->connections;
    struct result state = listener_start(&allowed, serving->engine, &serving->log, &serving->listener, &reason);
    if (!is_ok(state)) {
        char port[32];
        snprintf(port, sizeof port, "port %u", (unsigned)serving->config.port);
        return start_failed(serving, port, state, reason.text);
    }
    const struct control_options options = {.folder = serving->config.data,
                                            .engine = serving->engine,
                                            .reader = serving->reader,
                                            .log = &serving->log,
                                            .now = clock_now,
                                            .port = listener_port(serving->listener),
                                            .reload = reload_and_wait,
                                            .reading = last_reading,
                                            .reload_context = serving};
    state = control_start(&options, &serving->control, &reason);
    if (is_ok(state))
        return EXIT_FINE;
    state = reason_within(&reason, state, _("the control socket: "));
    return start_failed(serving, serving->config.data, state,
                        *reason.text == 0 ? _("the control socket") : reason.text);
}

static int write_port(struct serving *serving)
{
    char path[PATH_SIZE];
    char text[16];
    struct reason reason = {.text = ""};
    snprintf(text, sizeof text, "%u\n", (unsigned)listener_port(serving->listener));
    struct result state = path_join(path, serving->config.data, FOLDER_PORT);
    if (is_ok(state))
        state = file_write_kept(path, slice_of(text), 0644, &reason);
    return is_ok(state) ? EXIT_FINE : start_failed(serving, path, state, reason.text);
}

static void log_started(const struct serving *serving)
{
    struct authority *authority = engine_authority(serving->engine);
    int64_t vendors = 0;
    int64_t licenses = 0;
    count_licenses(authority, &vendors, &licenses);
    LOG_EVENT(&serving->log, LOG_INFO, "started", TEXT_FIELD("version", AVAL_VERSION),
              TEXT_FIELD("host", authority->host), TEXT_FIELD("data", serving->config.data),
              NUMBER_FIELD("port", listener_port(serving->listener)), NUMBER_FIELD("vendors", vendors),
              NUMBER_FIELD("licenses", licenses), NUMBER_FIELD("process", getpid()));
    authority_release(authority);
}

/* Whoever reads the log, and whether it reads, holds up no answer. */
static int start_log(struct serving *serving)
{
    const struct result state = log_queue_start(serving->log.descriptor, &serving->log.queue);
    return is_ok(state) ? EXIT_FINE : start_failed(serving, _("the log"), state, NULL);
}

static int start(struct serving *serving)
{
    int (*const steps[])(struct serving * serving) = {start_log,    lock_folder,     open_stores,
                                                      start_engine, start_listeners, write_port};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const int status = steps[i](serving);
        if (status != EXIT_FINE)
            return status;
    }
    return EXIT_FINE;
}

/* ---- stop ---- */

/* The control first, since its changes go through the engine; then the engine, which answers all that is under way. */
static void stop(struct serving *serving)
{
    pthread_mutex_lock(&serving->reload_lock);
    serving->stopping = true;
    pthread_cond_broadcast(&serving->reload_done);
    pthread_mutex_unlock(&serving->reload_lock);

    char path[PATH_SIZE];
    if (serving->listener != NULL) {
        listener_quiesce(serving->listener);
        if (is_ok(path_join(path, serving->config.data, FOLDER_PORT)))
            result_ignore(file_remove(path, NULL));
    }
    control_stop(serving->control);
    engine_stop(serving->engine);
    listener_stop(serving->listener);
    store_close(serving->reader);
    store_close(serving->store);
    file_unlock(serving->lock);
}

static void block_signals(sigset_t *ret_waited)
{
    sigemptyset(ret_waited);
    sigaddset(ret_waited, SIGHUP);
    sigaddset(ret_waited, SIGTERM);
    sigaddset(ret_waited, SIGINT);
    pthread_sigmask(SIG_BLOCK, ret_waited, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files fails a write, and is no reason to die */
}

/* Until one that ends it. */
static int wait_for_signals(struct serving *serving, const sigset_t *waited)
{
    for (;;) {
        siginfo_t about;
        const int number = sigwaitinfo(waited, &about);
        if (number == SIGHUP) {
            on_hangup(serving);
        } else if (number > 0) {
            LOG_EVENT(&serving->log, LOG_INFO, "stopping", TEXT_FIELD("signal", sigabbrev_np(number)));
            return EXIT_FINE;
        } else if (errno != EINTR) {
            return EXIT_BUG;
        }
    }
}

int command_serve(const struct arguments *arguments, void *context)
{
    (void)context;
    struct serving serving = {.arguments = arguments,
                              .lock = -1,
                              .reload_lock = PTHREAD_MUTEX_INITIALIZER,
                              .reload_done = PTHREAD_COND_INITIALIZER};
    int status = command_config_or_say(arguments, &serving.config);
    if (status != EXIT_FINE)
        return status;
    serving.log = (struct log){serving.config.log_level, serving.config.log_format, clock_now, STDERR_FILENO, NULL};
    sigset_t waited;
    block_signals(&waited); /* before there is any other thread */
    status = start(&serving);
    if (status == EXIT_FINE) {
        log_started(&serving);
        status = wait_for_signals(&serving, &waited);
    }
    stop(&serving);
    if (status == EXIT_FINE)
        LOG_EVENT(&serving.log, LOG_INFO, "stopped", NUMBER_FIELD("process", getpid()));
    log_queue_stop(serving.log.queue, LOG_MILLISECONDS);
    return status;
}
