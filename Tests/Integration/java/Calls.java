// Calls by the JDK's own client, which asks for HTTP/2 with each request that it sends over a new connection.

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

class Calls {
  /**
   * fresh|same (POST URL BYTES | GET URL)...: makes the requests in order, each from a fresh client or all from the
   * same, and prints the version, the status and the length of each answer. A POST has one field, `text`, of so many
   * bytes.
   */
  public static void main(String[] words) throws Exception {
    boolean fresh = words[0].equals("fresh");
    HttpClient client = HttpClient.newHttpClient();
    for (int at = 1; at < words.length; at++) {
      boolean post = words[at].equals("POST");
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(words[++at])).timeout(Duration.ofSeconds(20));
      if (post) {
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
