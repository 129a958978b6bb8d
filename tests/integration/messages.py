"""Messages to send, and finding them again through postern."""

import email
import email.message
import email.policy
import imaplib
import re
import ssl
import uuid

import demo


def mailbox(login, password):
    """An IMAP session through postern, logged in, INBOX selected."""
    context = ssl.create_default_context(cafile=demo.get("CAFILE"))
    session = imaplib.IMAP4_SSL(demo.get("IMAP_HOST"), demo.port("IMAP_PORT"), ssl_context=context, timeout=60)
    session.login(*demo.canary(login, password))
    session.select("INBOX")
    return session


def new(sender, recipient, text="Hello.\n"):
    """A plain message with a subject that no other has."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = sender, recipient
    message["Subject"] = f"test-{uuid.uuid4().hex}"
    message["Message-ID"] = f"<{uuid.uuid4().hex}@tests.example>"
    message.set_content(text)
    return message


def arrived(session, subject):
    """The bytes of the message with that subject as IMAP gives them out, once it is there."""
    def look():
        session.noop()
        return session.search(None, "SUBJECT", subject)[1][0].split()
    numbers = demo.eventually(look, f"a message with subject {subject}")
    return session.fetch(numbers[-1].decode(), "(BODY.PEEK[])")[1][0][1]


def relay_of(message_bytes):
    """The name of the relay that took the message from postern, as its Received header gives it."""
    names = re.findall(r"\bby (\S+) \(Postfix\)", message_bytes.decode("latin-1"))
    assert len(names) == 1, names
    return names[0]
