"""The documents that configure mail clients, over HTTPS and with the host names that clients ask for."""

import unittest
import xml.etree.ElementTree as ElementTree

import demo

request = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">
  <Request>
    <EMailAddress>{address}</EMailAddress>
    <AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>
  </Request>
</Autodiscover>
"""
outlook = {"o": "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"}


def curl(url, *options, stdin=None):
    """(status, body) of a request that goes to the demo whatever host the URL names."""
    connect_to = f"::127.0.0.1:{demo.get('HTTPS_PORT' if url.startswith('https') else 'HTTP_PORT')}"
    done = demo.run("curl", "--silent", "--show-error", "--max-time", "30", "--cacert", demo.get("CAFILE"), "--connect-to",
                    connect_to, "--write-out", "\n%{http_code} %{redirect_url}", *options, url, stdin=stdin)
    assert done.returncode == 0, done.stdout
    body, _, status = done.stdout.rpartition("\n")
    return status.strip(), body


class Autoconfig(unittest.TestCase):
    def setUp(self):
        self.domain = demo.get("MAIL_DOMAIN")

    def document(self, host_and_path):
        status, body = curl(f"https://{host_and_path}")
        self.assertEqual(status, "200", body)
        return body

    def test_thunderbirds_document_names_the_listeners(self):
        root = ElementTree.fromstring(self.document(f"autoconfig.{self.domain}/mail/config-v1.1.xml"))
        for path, port, host in (("incomingServer[@type='imap']", "IMAP_PORT", "imap"),
                                 ("outgoingServer[@type='smtp']", "SMTP_PORT", "smtp")):
            server = root.find(f"./emailProvider/{path}")
            self.assertEqual(server.findtext("hostname"), f"{host}.{self.domain}")
            self.assertEqual(server.findtext("port"), demo.get(port))
            self.assertEqual(server.findtext("socketType"), "SSL")
            self.assertEqual(server.findtext("username"), "%EMAILADDRESS%")

    def test_it_is_the_same_at_the_well_known_address(self):
        self.assertEqual(self.document(f"autoconfig.{self.domain}/mail/config-v1.1.xml?emailaddress=a%40{self.domain}"),
                         self.document(f"{self.domain}/.well-known/autoconfig/mail/config-v1.1.xml"))

    def test_outlooks_document_names_the_listeners_and_the_user(self):
        address = demo.get("TEACHER")
        status, body = curl(f"https://autodiscover.{self.domain}/autodiscover/autodiscover.xml", "-H",
                            "Content-Type: text/xml", "--data-binary", "@-", stdin=request.format(address=address))
        self.assertEqual(status, "200", body)
        protocols = ElementTree.fromstring(body).findall(".//o:Protocol", outlook)
        found = {p.findtext("o:Type", None, outlook): (p.findtext("o:Server", None, outlook), p.findtext("o:Port", None, outlook),
                                                      p.findtext("o:LoginName", None, outlook)) for p in protocols}
        self.assertEqual(found, {"IMAP": (f"imap.{self.domain}", demo.get("IMAP_PORT"), address),
                                 "SMTP": (f"smtp.{self.domain}", demo.get("SMTP_PORT"), address)})

    def test_outlooks_document_can_be_asked_for_with_get(self):
        body = self.document(f"autodiscover.{self.domain}/autodiscover/autodiscover.xml?Email=a%40{self.domain}")
        ElementTree.fromstring(body)

    def test_other_paths_and_other_hosts_get_nothing(self):
        self.assertEqual(curl(f"https://autoconfig.{self.domain}/other")[0], "404")
        self.assertNotEqual(curl("https://localhost/mail/config-v1.1.xml")[0], "200")

    def test_plain_http_only_leads_to_https(self):
        url = f"autoconfig.{self.domain}/mail/config-v1.1.xml"
        status, _ = curl(f"http://{url}")
        self.assertRegex(status, r"^30[178] https://autoconfig\.")


if __name__ == "__main__":
    unittest.main()
