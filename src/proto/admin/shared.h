/* Walks over what stands in several messages. For this folder only. */
#ifndef PROTO_ADMIN_SHARED_H
#define PROTO_ADMIN_SHARED_H

#include "message.h"

struct control_reading;

void walk_license(struct walk *walk, void *element);                   /* a struct control_license */
void walk_denial(struct walk *walk, void *element);                    /* a struct control_denial */
void walk_reading(struct walk *walk, struct control_reading *reading); /* its fields, among those of the message */

#endif
