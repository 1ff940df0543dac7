/*
 * The control interface: JSON over HTTP on the Unix socket `control.sock` (proto/api.h, CONTROL_*), for avalctl.
 *
 * Answers only peers whose user is root or the owner of the process (SO_PEERCRED): others get control-refused.
 */
#ifndef HOST_CONTROL_H
#define HOST_CONTROL_H

#include "host/engine.h"

struct control;
struct copying;
struct archiving;
struct control_reading;

struct control_options {
    const char *folder;
    struct engine *engine;
    struct store *reader; /* borrowed; a reading handle of the control's own */
    const struct log *log;
    seconds (*now)(void);
    uint16_t port; /* of the activation listener, for the status */
    /* Does what SIGHUP does; returns whether that was done before long. Called on the control's thread. */
    bool (*reload)(void *context);
    /* What the last of these came to (proto/admin/reload.h). Thread-safe. */
    void (*reading)(void *context, struct control_reading *ret_reading);
    void *reload_context;
    struct copying *copying;     /* the control's own, whatever is given; */
    struct archiving *archiving; /* and so is this */
};

/* FILE_WRITE where the socket cannot be made, with the system's words in log and reason; NO_MEMORY, INTERNAL. The
 * options are copied. */
RESULT control_start(const struct control_options *options, struct control **ret_control, struct reason *reason);
/* Takes NULL. */
void control_stop(struct control *control);

#endif
