/* The pages of the control interface, apart from sockets and HTTP; see control.h and proto/control.h. */
#ifndef HOST_ADMIN_PAGES_H
#define HOST_ADMIN_PAGES_H

#include "host/control.h"

struct control_question {
    const char *method; /* "GET", "POST" */
    const char *path;   /* without arguments */
    /* The value of an argument behind the question mark, or NULL. */
    const char *(*argument)(void *context, const char *name);
    void *context;
    struct slice body;
};

/* Appends the answer, JSON, and returns the HTTP status. */
int control_page(const struct control_options *options, const struct control_question *question, struct buffer *out);
/* Appends a failure and returns its HTTP status. `detail` NULL: the error's own sentence. */
int control_failed(struct result why, const char *detail, struct buffer *out);

#endif
