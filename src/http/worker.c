/* What the connections of one loop work with; see worker.h. */
#include "worker.h"

#include "net/poll.h"
#include "system/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

RESULT worker_open(struct worker *worker, struct shared *shared)
{
    const struct http_options *const options = &shared->options;
    *worker = (struct worker){.shared = shared, .poll = -1, .now = clock_monotonic_ms(), .returned.wake = -1};
    timers_make(&worker->idle, options->idle_timeout * 1000);
    timers_make(&worker->pause, options->pause_timeout * 1000);
    timers_make(&worker->whole, options->request_timeout * 1000);
    worker->rooms = pool_make(options->room_size);
    worker->input_size = options->head_max + options->body_max;
    worker->input = malloc(worker->input_size);
    ENSURE(worker->input != NULL, NO_MEMORY);
    worker->poll = epoll_create1(EPOLL_CLOEXEC);
    ENSURE(worker->poll >= 0, INTERNAL);
    return mailbox_open(&worker->returned);
}

void worker_close(struct worker *worker)
{
    mailbox_close(&worker->returned);
    if (worker->poll >= 0)
        close(worker->poll);
    pool_free(&worker->rooms);
    free(worker->input);
}

bool worker_admits(const struct worker *worker, const struct http_peer *peer)
{
    struct shared *const shared = worker->shared;
    if (shared->options.admit == NULL || !gate_enter(&shared->gate))
        return true;
    const bool admitted = shared->options.admit(shared->options.context, peer);
    gate_leave(&shared->gate);
    return admitted;
}

const char *worker_date(struct worker *worker)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const seconds second = clock_now();
    if (second == worker->date_second)
        return worker->date;
    worker->date_second = second;
    worker->date[0] = 0;
    struct tm tm;
    const time_t now = (time_t)second;
    if (gmtime_r(&now, &tm) != NULL && tm.tm_year >= 0 && tm.tm_year <= 8099)
        snprintf(worker->date, sizeof worker->date, "Date: %s, %02u %s %04u %02u:%02u:%02u GMT\r\n",
                 days[tm.tm_wday % 7], (unsigned)tm.tm_mday % 100, months[tm.tm_mon % 12],
                 (unsigned)(1900 + tm.tm_year) % 10000, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
                 (unsigned)tm.tm_sec % 100);
    return worker->date;
}
