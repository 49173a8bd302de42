/* sofia-sip. It parses every header that it knows when the message is made, each in full. A message
   has a home of its own, from which all that it needs is taken, and is freed as one: so does its
   transaction layer with each message that comes in. */
#include "parser.h"

#include <sofia-sip/msg.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/su_alloc.h>
#include <sofia-sip/url.h>
#include <stdio.h>

void *read_message(const char *octets, size_t length, struct reading *reading)
{
  msg_t *message = msg_make(sip_default_mclass(), 0, octets, (ssize_t)length);
  sip_t *sip = message == NULL ? NULL : sip_object(message);
  if (sip == NULL || sip->sip_error != NULL || sip->sip_from == NULL || sip->sip_to == NULL ||
      sip->sip_via == NULL || sip->sip_cseq == NULL)
    return NULL;
  reading->from_uri = sip->sip_from->a_url;
  reading->from_tag = sip->sip_from->a_tag;
  reading->to_uri = sip->sip_to->a_url;
  reading->to_tag = sip->sip_to->a_tag;
  reading->via_host = sip->sip_via->v_host;
  reading->via_branch = sip->sip_via->v_branch;
  reading->sequence = sip->sip_cseq->cs_seq;
  reading->method = sip->sip_cseq->cs_method_name;
  reading->contact_uri = sip->sip_contact == NULL ? NULL : sip->sip_contact->m_url;
  return message;
}

void free_message(void *message)
{
  msg_destroy(message);
}

void print_uri(const void *uri)
{
  char *text = url_as_string(NULL, uri);
  fputs(text, stdout);
  su_free(NULL, text);
}
