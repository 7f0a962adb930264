// Calls by the JDK's own client, which asks for HTTP/2 with each request that it sends over a new connection.

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

class Calls {
  /**
   * URL FRESH (POST BYTES | GET)...: makes the requests in order, from one client or each from a fresh one, and prints
   * the version, the status and the length of each answer. A POST has one field, `text`, of so many bytes.
   */
  public static void main(String[] words) throws Exception {
    boolean fresh = words[1].equals("fresh");
    HttpClient client = HttpClient.newHttpClient();
    for (int at = 2; at < words.length; at++) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(words[0])).timeout(Duration.ofSeconds(20));
      if (words[at].equals("POST")) {
        String body = "{\"text\": \"" + "x".repeat(Integer.parseInt(words[++at])) + "\"}";
        request.header("content-type", "application/json");
        request.POST(HttpRequest.BodyPublishers.ofString(body));
      }
      if (fresh) client = HttpClient.newHttpClient();
      HttpResponse<String> answer =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      System.out.println(
          answer.version() + " " + answer.statusCode() + " " + answer.body().length());
    }
  }
}
